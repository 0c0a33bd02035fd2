// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

// stderr is a datagram socket during a test, so that each write(2) is read as one message.
struct capture {
    int saved;
    int reader;
};

static int capture_start(void **state)
{
    static struct capture capture;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
        return -1;
    capture = (struct capture){.saved = dup(STDERR_FILENO), .reader = ends[0]};
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    clock_set(1770091506, 0);
    log_init("policyd", LOG_TO_STDERR, LOG_LEVEL_INFO);
    *state = &capture;
    return 0;
}

static int capture_end(void **state)
{
    struct capture *capture = *state;
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->reader);
    clock_reset();
    return 0;
}

// The next line, after the head "… policyd[PID]: " and without its line feed; "" where none was written.
static const char *next_line(void **state)
{
    static char line[8192];
    char head[64];
    struct capture *capture = *state;
    ssize_t len = recv(capture->reader, line, sizeof line - 1, MSG_DONTWAIT);
    if (len <= 0)
        return "";
    line[len] = '\0';
    snprintf(head, sizeof head, "2026-02-03T04:05:06Z policyd[%d]: ", (int)getpid());
    assert_memory_equal(line, head, strlen(head));
    assert_int_equal(line[len - 1], '\n');
    line[len - 1] = '\0';
    return line + strlen(head);
}

static void test_levels(void **state)
{
    unsigned long long warnings = log_count(LOG_LEVEL_WARN);
    log_debug("hidden");
    assert_string_equal(next_line(state), "");
    log_info("decided action=%s", "DUNNO");
    assert_string_equal(next_line(state), "info: decided action=DUNNO");
    log_warn("zone is slow ms=%d", 7);
    assert_string_equal(next_line(state), "warning: zone is slow ms=7");
    log_error("bad");
    assert_string_equal(next_line(state), "error: bad");
    assert_int_equal(log_count(LOG_LEVEL_WARN), warnings + 1);
    log_init("policyd", LOG_TO_STDERR, LOG_LEVEL_ERROR);
    log_warn("hidden");
    assert_string_equal(next_line(state), "");
    assert_int_equal(log_count(LOG_LEVEL_WARN), warnings + 1);
    assert_false(log_enabled(LOG_LEVEL_WARN));
    assert_true(log_enabled(LOG_LEVEL_ERROR));
    log_init("policyd", LOG_TO_STDERR, LOG_LEVEL_DEBUG);
    log_debug("seen");
    assert_string_equal(next_line(state), "debug: seen");
}

// libpq's messages end in a line feed and hold more of them: an event stays one line.
static void test_one_line(void **state)
{
    log_error("connection failed: %s", "FATAL: no\n\tDETAIL: \x1b[31mred\x7f\r\n\n");
    assert_string_equal(next_line(state), "error: connection failed: FATAL: no  DETAIL:  [31mred  ");
    assert_string_equal(next_line(state), "");
}

static void test_long_line(void **state)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    log_info("%.*s", (int)sizeof text, text);
    const char *line = next_line(state);
    assert_in_range(strlen(line), 1900, 2048);
    assert_string_equal(line + strlen(line) - 4, "x...");
}

static void test_errno(void **state)
{
    errno = ENOENT;
    log_error("open: %m");
    assert_int_equal(errno, ENOENT);
    assert_string_equal(next_line(state), "error: open: No such file or directory");
}

// Replaces the function of the C library: /dev/log belongs to the machine.
static struct {
    int option, facility, priority;
    char text[4096];
} sent;

void openlog(const char *ident, int option, int facility)
{
    assert_string_equal(ident, "policyd");
    sent.option = option;
    sent.facility = facility;
}

static void keep(int priority, const char *format, va_list arguments)
{
    sent.priority = priority;
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the same as in log.c
    vsnprintf(sent.text, sizeof sent.text, format, arguments);
}

#undef syslog
void syslog(int priority, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(priority, format, arguments);
    va_end(arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)flag;
    va_list arguments;
    va_start(arguments, format);
    keep(priority, format, arguments);
    va_end(arguments);
}

static void test_syslog(void **state)
{
    log_init("policyd", LOG_TO_SYSLOG, LOG_LEVEL_INFO);
    log_warn("100%% of %s", "%s %n\nzone");
    assert_string_equal(next_line(state), "");
    assert_int_equal(sent.facility, LOG_MAIL);
    assert_true(sent.option & LOG_PID);
    assert_int_equal(sent.priority, LOG_WARNING);
    assert_string_equal(sent.text, "100% of %s %n zone");
}

static void assert_value(const char *bytes, size_t len, const char *expected)
{
    assert_string_equal(log_value(slice_make(bytes, len)).text, expected);
}

static void test_value(void **state)
{
    (void)state;
    assert_value(NULL, 0, "-");
    assert_value("o'hara=x@example.com", 20, "o'hara=x@example.com");
    assert_value("a b\"\\\n\0\x7f\xc3\xbc", 10, "\"a b\\\"\\\\\\x0a\\x00\\x7f\\xc3\\xbc\"");
    assert_value("no SPF record", 13, "\"no SPF record\"");
    assert_string_equal(log_text(SLICE("a \"b\"\n")).text, "a \\\"b\\\"\\x0a");
}

static void assert_escapes_whole(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const size_t width = text[i] != '\\' ? 1 : text[i + 1] == 'x' ? 4 : 2;
        assert_true(text[i] != '"' && i + width <= len);
        i += width;
    }
}

// Whatever is cut, it is cut between whole escapes, ends in "..." and fills the buffer to the last few bytes.
static void test_value_long(void **state)
{
    (void)state;
    char bytes[2 * LOG_VALUE_MAX], plain[2 * LOG_VALUE_MAX];
    memset(plain, 'a', sizeof plain);
    assert_int_equal(strlen(log_value(slice_make(plain, LOG_VALUE_MAX - 1)).text), LOG_VALUE_MAX - 1);
    assert_null(strstr(log_value(slice_make(plain, LOG_VALUE_MAX - 1)).text, "..."));
    assert_string_equal(log_value(slice_make(plain, LOG_VALUE_MAX)).text + LOG_VALUE_MAX - 5, "a...");
    srandom(1);
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = "aaaa\n\"\\ "[random() % 8];
        struct log_value value = log_value(slice_make(bytes, sizeof bytes));
        size_t len = strlen(value.text);
        assert_in_range(len, LOG_VALUE_MAX - 7, LOG_VALUE_MAX - 1);
        assert_int_equal(value.text[0], '"');
        assert_string_equal(value.text + len - 4, "...\"");
        assert_escapes_whole(value.text + 1, len - 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_levels, capture_start, capture_end),
        cmocka_unit_test_setup_teardown(test_one_line, capture_start, capture_end),
        cmocka_unit_test_setup_teardown(test_long_line, capture_start, capture_end),
        cmocka_unit_test_setup_teardown(test_errno, capture_start, capture_end),
        cmocka_unit_test_setup_teardown(test_syslog, capture_start, capture_end),
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_value_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
