// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define HELD_MAX_BYTES 32768
#define CUT "..."

static const struct {
    const char *name;
    int priority;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_WARN] = {"warning", LOG_WARNING},
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
};

// A reload sets these again while other threads log.
static const char *_Atomic program = "emailgency";
static atomic_int where = LOG_TO_STDERR;
static atomic_int lowest = LOG_LEVEL_INFO;
static atomic_int pid;
static _Thread_local int64_t made_at = INT64_MIN; // the second in which moment() made its text
static _Thread_local struct {
    bool holding;
    size_t len;
    char text[HELD_MAX_BYTES];
} held;
static atomic_ullong written[sizeof levels / sizeof levels[0]];

void log_init(const char *ident, enum log_target target, enum log_level level)
{
    atomic_store_explicit(&program, ident, memory_order_relaxed);
    atomic_store_explicit(&pid, getpid(), memory_order_relaxed);
    made_at = INT64_MIN;
    log_flush();
    atomic_store_explicit(&where, target, memory_order_relaxed);
    atomic_store_explicit(&lowest, level, memory_order_relaxed);
    if (target == LOG_TO_SYSLOG)
        openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

unsigned long long log_count(enum log_level level)
{
    return atomic_load_explicit(&written[level], memory_order_relaxed);
}

// "2026-02-03T04:05:06Z policyd[123]: ", made again once per second.
static struct slice moment(void)
{
    static _Thread_local char text[128];
    static _Thread_local size_t len;
    const int64_t now = clock_wall();
    struct tm tm;
    if (now != made_at) {
        const char *name = atomic_load_explicit(&program, memory_order_relaxed);
        const int own = atomic_load_explicit(&pid, memory_order_relaxed);
        const time_t seconds = now;
        made_at = now;
        len = gmtime_r(&seconds, &tm) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ ", &tm) : 0;
        len += (size_t)snprintf(text + len, sizeof text - len, "%.64s[%d]: ", name, own ? own : getpid());
    }
    return slice_make(text, len);
}

static size_t put_head(char *line, enum log_level level)
{
    const struct slice when = moment();
    const struct slice word = slice_from(levels[level].name);
    memcpy(line, when.ptr, when.len);
    memcpy(line + when.len, word.ptr, word.len);
    memcpy(line + when.len + word.len, ": ", 2);
    return when.len + word.len + 2;
}

// Formats into `text`, which has `size` bytes, and keeps it to one line: libraries' messages carry line
// feeds.
static size_t put_text(char *text, size_t size, const char *format, va_list arguments)
{
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start() two calls up
    int wanted = vsnprintf(text, size, format, arguments);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    if (len >= size) {
        len = size - 1;
        memcpy(text + len - strlen(CUT), CUT, strlen(CUT));
    }
    while (len && text[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = ' ';
    text[len] = '\0';
    return len;
}

static void write_bytes(const char *bytes, size_t len)
{
    ssize_t rc;
    do
        rc = write(STDERR_FILENO, bytes, len);
    while (rc < 0 && errno == EINTR);
}

void log_hold(void)
{
    held.holding = true;
}

void log_flush(void)
{
    if (held.len > 0)
        write_bytes(held.text, held.len);
    held.len = 0;
}

static void write_line(const char *line, size_t len, enum log_level level)
{
    if (held.len + len > sizeof held.text)
        log_flush();
    if (held.holding) {
        memcpy(held.text + held.len, line, len);
        held.len += len;
        if (level >= LOG_LEVEL_WARN)
            log_flush();
    } else {
        write_bytes(line, len);
    }
}

// `line` has its NUL at `len`, and its head unless it goes to syslog.
static void put_out(bool to_syslog, enum log_level level, char *line, size_t len)
{
    atomic_fetch_add_explicit(&written[level], 1, memory_order_relaxed);
    if (to_syslog) {
        syslog(levels[level].priority, "%s", line);
    } else {
        line[len++] = '\n'; // over the closing NUL
        write_line(line, len, level);
    }
}

// Called once per line, so that its head and its target agree.
static bool goes_to_syslog(void)
{
    return atomic_load_explicit(&where, memory_order_relaxed) == LOG_TO_SYSLOG;
}

static void emit(enum log_level level, const char *format, va_list arguments)
{
    if (!log_enabled(level))
        return;
    int saved = errno;
    char line[LINE_MAX_BYTES];
    const bool to_syslog = goes_to_syslog();
    size_t head = to_syslog ? 0 : put_head(line, level);
    errno = saved; // for %m
    put_out(to_syslog, level, line, head + put_text(line + head, sizeof line - head, format, arguments));
    errno = saved;
}

void log_write(enum log_level level, struct slice text)
{
    char line[LINE_MAX_BYTES];
    if (!log_enabled(level))
        return;
    const bool to_syslog = goes_to_syslog();
    size_t head = to_syslog ? 0 : put_head(line, level);
    if (text.len > sizeof line - head - 1)
        text.len = sizeof line - head - 1;
    memcpy(line + head, text.ptr, text.len);
    line[head + text.len] = '\0';
    put_out(to_syslog, level, line, head + text.len);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit(LOG_LEVEL_DEBUG, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit(LOG_LEVEL_INFO, format, arguments);
    va_end(arguments);
}

void log_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit(LOG_LEVEL_WARN, format, arguments);
    va_end(arguments);
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    emit(LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
}

// Bytes that need neither quotes nor an escape.
static const bool plain[256] = {
    ['!'] = true,
    ['#' ... '['] = true,
    [']' ... '~'] = true,
};

static size_t plain_length(struct slice value)
{
    size_t len = 0;
    while (len < value.len && plain[(unsigned char)value.ptr[len]])
        len++;
    return len;
}

// The width of one byte within double quotes.
static size_t width_of(unsigned char c)
{
    if (plain[c] || c == ' ')
        return 1;
    return c == '"' || c == '\\' ? 2 : 4;
}

static void put_byte(unsigned char c, size_t width, char *out)
{
    static const char hex[] = "0123456789abcdef";
    if (width == 1)
        out[0] = (char)c;
    else if (width == 2)
        memcpy(out, (char[]){'\\', (char)c}, width);
    else
        memcpy(out, (char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, width);
}

// Fewer than `size` bytes; "..." must still fit after what was kept.
static size_t put_escaped(struct slice value, char *out, size_t size)
{
    size_t len = 0, whole = 0; // `whole`: up to where "..." may still follow
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char c = (unsigned char)value.ptr[i];
        const size_t width = width_of(c);
        if (len + width >= size) {
            memcpy(out + whole, CUT, strlen(CUT));
            return whole + strlen(CUT);
        }
        put_byte(c, width, out + len);
        len += width;
        if (len + strlen(CUT) < size)
            whole = len;
    }
    return len;
}

// Nearly all values are plain and short; they are copied in one go.
size_t log_value_put(struct slice value, char out[LOG_VALUE_MAX])
{
    if (value.len == 0)
        value = SLICE("-");
    if (plain_length(value) < value.len) {
        const size_t len = put_escaped(value, out + 1, LOG_VALUE_MAX - 2);
        out[0] = out[len + 1] = '"';
        return len + 2;
    }
    if (value.len >= LOG_VALUE_MAX)
        return put_escaped(value, out, LOG_VALUE_MAX);
    memcpy(out, value.ptr, value.len);
    return value.len;
}

struct log_value log_text(struct slice text)
{
    struct log_value out;
    out.text[put_escaped(text, out.text, sizeof out.text)] = '\0';
    return out;
}

struct log_value log_value(struct slice value)
{
    struct log_value out;
    out.text[log_value_put(value, out.text)] = '\0';
    return out;
}
