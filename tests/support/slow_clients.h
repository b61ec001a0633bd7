/* Clients that hold what they get for as long as they are let: a quarter sends a head byte by byte,
 * a quarter a body, a quarter asks and does not read, a quarter is silent. They come from several
 * addresses of loopback, on a thread of their own, and come again when they are closed. */
#ifndef SUPPORT_SLOW_CLIENTS_H
#define SUPPORT_SLOW_CLIENTS_H

#include <stddef.h>

enum slow_kind { SLOW_HEAD, SLOW_BODY, SLOW_READER, SLOW_IDLE, SLOW_KINDS };

struct slow_clients;

/* `path` has a large answer. NULL without memory or threads. */
struct slow_clients *slow_clients_start(int port, size_t count, const char *path);

/* How many of a kind were closed so far, or are connected now. Any thread. */
size_t slow_clients_closed(const struct slow_clients *clients, enum slow_kind kind);
size_t slow_clients_connected(const struct slow_clients *clients);
void slow_clients_stop(struct slow_clients *clients);

#endif
