// SPDX-License-Identifier: BSD-2-Clause
// Bytes as lower-case hexadecimal digits, as openssl(1) and PostgreSQL's encode() write them.
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/slice.h"

// `out` has room for 2 * `count` + 1; it ends in NUL.
void hex_write(const unsigned char *bytes, size_t count, char *out);

// Returns false unless `in` is the digits of `count` bytes.
bool hex_read(struct slice in, unsigned char *out, size_t count) __attribute__((warn_unused_result));

// Returns whether `in` is that many digits.
bool hex_is_digits(struct slice in, size_t count);

#endif
