// SPDX-License-Identifier: BSD-2-Clause
// Postfix's own parameters, where the milter depends on them.
#ifndef MILTER_POSTFIX_PARAMETER_H
#define MILTER_POSTFIX_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

// Asks postconf(1) for the value of `name` at the instance with this configuration folder. Returns false,
// with an empty string in `out`, where it cannot be asked.
bool postfix_parameter(const char *config, const char *name, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
