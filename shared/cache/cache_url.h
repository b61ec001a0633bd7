/* The parts of a redis:// URL. */
#ifndef CACHE_CACHE_URL_H
#define CACHE_CACHE_URL_H

#include "base/attr.h"

enum { CACHE_URL_PART = 256 };

struct cache_url {
    char user[CACHE_URL_PART], password[CACHE_URL_PART]; /* "" where there is none */
    char host[CACHE_URL_PART];
    char port[6];
    char database[6]; /* "" for the first */
};

/* Reads "redis://[[user]:password@]host[:port][/database]"; nothing in it is percent-decoded. 0 or
 * -EINVAL. */
must_check int cache_url_parse(const char *text, struct cache_url *ret_url);

#endif
