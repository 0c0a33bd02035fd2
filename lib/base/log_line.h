// SPDX-License-Identifier: BSD-2-Clause
// A line of key=value pairs, put together without printf: for lines that are written thousands of times a
// second.
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include "base/log.h"

#include <stdint.h>

#define LOG_LINE_MAX 1800

struct log_line {
    size_t len;
    char text[LOG_LINE_MAX];
};

void log_line_begin(struct log_line *line);

// Appends "key=value", the value as log_value makes it. A pair that does not fit is left out.
void log_line_put(struct log_line *line, const char *key, struct slice value);
void log_line_number(struct log_line *line, const char *key, uint64_t value);

void log_line_write(const struct log_line *line, enum log_level level);

#endif
