/* The Java client's partitioner: murmur2 with seed 0x9747b28c
 * (org.apache.kafka.common.utils.Utils.murmur2). Pure. */
#ifndef BASE_MURMUR2_H
#define BASE_MURMUR2_H

#include <stdint.h>

#include "base/span.h"

uint32_t murmur2(struct span key);

/* (murmur2(key) & 0x7fffffff) % partitions; partitions > 0. */
int32_t murmur2_partition(struct span key, int32_t partitions);

#endif
