/* The server on its port, as the settings want it. */
#ifndef INGRESS_LISTENING_H
#define INGRESS_LISTENING_H

#include "config/config.h"
#include "http/http_server.h"

/* Listens on config->http_listen, with the settings' limits, and TLS where a certificate is named.
 * 0, or negative with a sentence in `error` that names the setting. Blocks on the files. */
must_check int listening_start(struct loop *loop, const struct config *config,
                               const struct http_handler *handler, struct http_server **ret_server,
                               struct buf *error);

/* Can the files and origins be used? 0, or negative as above. */
must_check int listening_check(const struct config *config, struct buf *error);

/* Takes certificate and key, for connections to come, and the allowed origins anew. On failure as
 * above, everything stays as it was. */
must_check int listening_renew(struct http_server *server, const struct config *config,
                               struct buf *error);

#endif
