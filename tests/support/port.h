/* Ports for programs that a test starts. */
#ifndef SUPPORT_PORT_H
#define SUPPORT_PORT_H

/* A port of loopback on which nobody listens. It is bound until the test's program ends, so nobody
 * else is given it meanwhile; whoever sets SO_REUSEADDR, as libuv and Redis do, can listen on it
 * all the same, also again and again. */
int port_new(void);

#endif
