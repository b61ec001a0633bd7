/* A blocking client of bytes, for tests that say themselves what goes over the wire. What goes
 * wrong shows in what is read: nothing here asserts but that a connection is made. */
#ifndef SUPPORT_HTTP_CLIENT_H
#define SUPPORT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_CLIENT_MS = 20000 }; /* how long an answer is waited for */

int http_client(int port); /* connects to loopback */
void http_send(int fd, const char *bytes, size_t size);
void http_send_text(int fd, const char *text);
bool http_readable(int fd, int timeout_ms);

/* Reads until the server ends, `count` texts `until` were seen (NULL: until it ends), or nothing
 * comes for `timeout_ms`. The text is valid until the next call. */
const char *http_read_until(int fd, const char *until, int count, int timeout_ms);
const char *http_read_all(int fd);

/* Has the server ended the connection, with nothing unread before that? */
bool http_has_ended(int fd, int timeout_ms);

#endif
