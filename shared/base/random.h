/* Random bytes from the kernel (getrandom(2)), good enough for secrets, buffered a thread. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

/* Any thread. Aborts where the kernel has no randomness: what is made of it would repeat. */
void random_fill(void *bytes, size_t size);

#endif
