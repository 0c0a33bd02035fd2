// SPDX-License-Identifier: BSD-2-Clause
// Postfix's configuration parameters on which the milter depends.
#ifndef MILTER_POSTFIX_PARAMETER_H
#define MILTER_POSTFIX_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

// Runs postconf(1) to read the value of `name` of the instance with this configuration directory. Returns
// false, with an empty string in `out`, if that fails.
bool postfix_parameter(const char *config, const char *name, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
