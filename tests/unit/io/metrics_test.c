// SPDX-License-Identifier: BSD-2-Clause
#include "io/metrics.h"

#include "base/clock.h"
#include "base/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct counter fish = {.name = "test_fish", .help = "Fish.", .kind = COUNTER_GAUGE};
static struct event_base *base;
static struct metrics *metrics;
static char folder[32], path[64], address[80];
struct problem problem;

static void refresh(void)
{
    counter_set(&fish, 42);
}

static struct metrics *create(const char *where)
{
    return metrics_create(
        base, &(struct metrics_spec){.address = where, .owner = geteuid(), .refresh = refresh}, &problem);
}

static int set_up(void **state)
{
    (void)state;
    base = event_base_new();
    strcpy(folder, "/tmp/metrics_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(address, sizeof address, "unix:%s", path);
    counter_register(&fish);
    metrics = create(address);
    assert_non_null(metrics);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    metrics_destroy(metrics);
    event_base_free(base);
    assert_int_equal(access(path, F_OK), -1);
    return rmdir(folder);
}

static int connect_path(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&un, (socklen_t)sizeof un), 0);
    return fd;
}

static void run_ms(int ms)
{
    const struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_base_loopexit(base, &wait);
    event_base_dispatch(base);
}

static void receive(int fd, char *out, size_t size)
{
    size_t len = 0;
    for (const int64_t end = clock_mono_ms() + 5000; clock_mono_ms() < end; run_ms(10)) {
        const ssize_t got = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT);
        if (got == 0)
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    out[len] = '\0';
}

static void ask(const char *request, char *out, size_t size)
{
    const int fd = connect_path();
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    receive(fd, out, size);
    close(fd);
}

static void test_get(void **state)
{
    char answer[8192];
    (void)state;
    ask("GET /metrics HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "\n# TYPE test_fish gauge\ntest_fish 42\n"));
}

static void test_head_has_no_body(void **state)
{
    char answer[8192];
    (void)state;
    ask("HEAD /metrics HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "200 OK"));
    assert_null(strstr(answer, "test_fish"));
}

static void test_health(void **state)
{
    char answer[8192];
    (void)state;
    ask("GET /health HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "\r\n\r\nok\n"));
    ask("GET / HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "/metrics"));
}

static double value_of(const char *answer, const char *name)
{
    char head[64];
    snprintf(head, sizeof head, "\n%s ", name);
    const char *at = strstr(answer, head);
    assert_non_null(at);
    return strtod(at + strlen(head), NULL);
}

static void test_the_process(void **state)
{
    char answer[8192];
    struct rlimit limit;
    (void)state;
    ask("GET /metrics HTTP/1.0\r\n\r\n", answer, sizeof answer);
    const double resident = value_of(answer, "process_resident_memory_bytes");
    assert_true(resident > 100000 && resident <= value_of(answer, "process_virtual_memory_bytes"));
    assert_true(value_of(answer, "process_cpu_seconds_total") > 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(value_of(answer, "process_max_fds") == (double)limit.rlim_cur);
    assert_in_range((unsigned)value_of(answer, "process_open_fds"), 5, 100);
    const double age = (double)time(NULL) - value_of(answer, "process_start_time_seconds");
    assert_true(age > -2 && age < 600);
}

static void test_others_are_refused(void **state)
{
    char answer[8192];
    (void)state;
    ask("GET /other HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_non_null(strstr(answer, " 404 "));
    ask("POST /metrics HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", answer, sizeof answer);
    assert_null(strstr(answer, "test_fish"));
    ask("nonsense\r\n\r\n", answer, sizeof answer);
    assert_null(strstr(answer, "test_fish"));
}

// Valgrind plays the limit itself: it takes the connection and closes it.
static void skip_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload"))
        skip();
}

static void test_out_of_descriptors(void **state)
{
    struct rlimit old, none;
    char answer[8192];
    (void)state;
    skip_under_valgrind();
    const int fd = connect_path();
    getrlimit(RLIMIT_NOFILE, &old);
    none = old;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    const clock_t cpu = clock();
    run_ms(500);
    assert_true(clock() - cpu < CLOCKS_PER_SEC / 4);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(write(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25), 25);
    receive(fd, answer, sizeof answer);
    close(fd);
    assert_non_null(strstr(answer, "test_fish 42"));
}

static void test_address_that_cannot_be(void **state)
{
    (void)state;
    assert_null(create("127.0.0.1"));
    assert_non_null(strstr(problem.text, "is no address"));
    assert_null(create(address));
    assert_non_null(strstr(problem.text, "another process answers"));
    metrics_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_get),
        TEST(test_head_has_no_body),
        TEST(test_others_are_refused),
        TEST(test_out_of_descriptors),
        TEST(test_the_process),
        TEST(test_health),
        TEST(test_address_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
