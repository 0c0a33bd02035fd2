// SPDX-License-Identifier: BSD-2-Clause
// One value of a configuration: from text into its field and back.
#ifndef CONF_CONF_VALUE_H
#define CONF_CONF_VALUE_H

#include "conf/conf_option.h"

#include <stdio.h>

// Sets the option's field in `conf` from `text`, freeing what was there. Returns false with the reason in
// `problem` and the field as it was.
bool conf_value_set(const struct conf_option *option, void *conf, const char *text, struct problem *problem)
    __attribute__((warn_unused_result));

// Exchanges the fields of `to` and `from`.
void conf_value_swap(const struct conf_option *option, void *to, void *from);

bool conf_value_equal(const struct conf_option *option, const void *a, const void *b);

// Writes the value as it would stand in a file.
void conf_value_print(const struct conf_option *option, const void *conf, FILE *out);

void conf_value_free(const struct conf_option *option, void *conf);

#endif
