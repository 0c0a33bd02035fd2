// SPDX-License-Identifier: BSD-2-Clause
// Postfix's own limit on a message, which must let every plan's through.
#ifndef MILTER_POSTFIX_SIZE_H
#define MILTER_POSTFIX_SIZE_H

#include <stdint.h>

// Asks postconf(1) for message_size_limit of the instance with this configuration folder. Returns -1 where it
// cannot be asked, INT64_MAX where there is no limit (0).
int64_t postfix_size_limit(const char *config);

#endif
