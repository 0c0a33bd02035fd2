// SPDX-License-Identifier: BSD-2-Clause
// One line per event, to syslog's mail facility or to stderr (with time, program and process id in front). A
// line is a phrase, then key=value pairs; it is written at once, control bytes in it become blanks, and what
// exceeds 2 KB ends in "...".
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };

// `ident` is the program's name and must outlive the process. Before the call, lines of LOG_LEVEL_INFO and
// above go to stderr. It may be called again while other threads log.
void log_init(const char *ident, enum log_target target, enum log_level level);

bool log_enabled(enum log_level level);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

// From now on this thread's lines to stderr below LOG_LEVEL_WARN gather, until log_flush, a line of
// LOG_LEVEL_WARN or a full buffer: one write per loop turn instead of one per line. A loop calls log_flush
// before it waits.
void log_hold(void);

// Writes the held lines.
void log_flush(void);

// The number of lines of `level` that were written since the start; for metrics.
unsigned long long log_count(enum log_level level);

#define LOG_VALUE_MAX 400
struct log_value {
    char text[LOG_VALUE_MAX];
};

// Makes any bytes safe as one value of a line. A value of visible ASCII stays as it is: client=192.0.2.1. One
// with blanks, double quotes, backslashes or other bytes is put in double quotes, within which \" and \\ are
// the literal characters and \xHH is a byte outside ASCII or a control byte: reason="no SPF record". A value
// that is too long ends in "...", an empty one is "-". Use: log_value(s).text
struct log_value log_value(struct slice value);

// The same for a text that stands alone or between double quotes of the caller's: escaped, without quotes.
struct log_value log_text(struct slice text);

// As log_value into `out`, without NUL; returns the length.
size_t log_value_put(struct slice value, char out[LOG_VALUE_MAX]);

// Writes a line that holds printable ASCII only.
void log_write(enum log_level level, struct slice line);

#endif
