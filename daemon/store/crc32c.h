/*
 * CRC-32C (Castagnoli, as in iSCSI, RFC 3720): finds bytes that the disk has changed. By the
 * processor's own instruction where it has one. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum of `len` bytes behind those that gave `crc`; 0 to begin with. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same by table, whatever the processor: what the other is tested against. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len);
