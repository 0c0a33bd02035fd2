// SPDX-License-Identifier: BSD-2-Clause
// A line is a request, its answer is the line. "defer …" waits for the test to answer, "close" destroys
// the connection from within on_input, "big" has an answer that no socket takes at once.
#include "io/connection.h"

#include "base/clock.h"

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
#include <unistd.h>

enum { REQUEST_MAX = 4096, BIG = 3000000 };

struct client {
    struct connection *connection;
    int fd;
    int requests, closed;
    struct slice deferred;
};

static struct event_base *base;

static void answer_big(struct connection *connection)
{
    char *text = malloc(BIG);
    memset(text, 'b', BIG);
    text[BIG - 1] = '\n';
    connection_reply(connection, slice_make(text, BIG));
    free(text);
}

static size_t on_input(struct connection *connection, struct slice in)
{
    struct client *client = connection_arg(connection);
    const char *end = memchr(in.ptr, '\n', in.len);
    if (!end)
        return 0;
    const struct slice line = slice_make(in.ptr, (size_t)(end - in.ptr) + 1);
    client->requests++;
    if (line.len >= 5 && memcmp(line.ptr, "defer", 5) == 0) {
        client->deferred = line;
        connection_defer(connection);
    } else if (slice_equal(line, SLICE("at once\n"))) {
        connection_defer(connection);
        connection_reply(connection, line);
    } else if (slice_equal(line, SLICE("close\n"))) {
        connection_destroy(connection);
    } else if (slice_equal(line, SLICE("big\n"))) {
        answer_big(connection);
    } else {
        connection_reply(connection, line);
    }
    return line.len;
}

static void on_close(struct connection *connection)
{
    struct client *client = connection_arg(connection);
    client->closed++;
    client->connection = NULL;
    connection_destroy(connection); // does nothing
}

static void connect_client(struct client *client)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    *client = (struct client){.fd = fds[1]};
    const struct connection_spec spec = {
        .request_max = REQUEST_MAX, .on_input = on_input, .on_close = on_close, .arg = client};
    client->connection = connection_create(base, fds[0], &spec);
    assert_non_null(client->connection);
}

static void disconnect_client(struct client *client)
{
    connection_destroy(client->connection);
    if (client->fd >= 0)
        close(client->fd);
}

static void run(void)
{
    for (int i = 0; i < 5; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static void put(const struct client *client, const char *text)
{
    assert_int_equal(write(client->fd, text, strlen(text)), strlen(text));
}

static void expect(const struct client *client, const char *text)
{
    char buffer[8192];
    const ssize_t got = read(client->fd, buffer, sizeof buffer - 1);
    buffer[got > 0 ? got : 0] = '\0';
    assert_string_equal(buffer, text);
}

static void expect_end(const struct client *client)
{
    char byte;
    assert_int_equal(read(client->fd, &byte, 1), 0);
    assert_int_equal(client->closed, 1);
}

static int set_up(void **state)
{
    base = event_base_new();
    struct client *client = malloc(sizeof *client);
    connect_client(client);
    *state = client;
    return 0;
}

static int tear_down(void **state)
{
    struct client *client = *state;
    disconnect_client(client);
    assert_int_equal(client->closed, 1);
    free(client);
    event_base_free(base);
    return 0;
}

static void test_byte_by_byte(void **state)
{
    const struct client *client = *state;
    for (const char *c = "hello\n"; *c; c++) {
        expect(client, "");
        put(client, (char[]){*c, '\0'});
        run();
    }
    expect(client, "hello\n");
}

static void test_pipelined(void **state)
{
    const struct client *client = *state;
    put(client, "one\ntwo\nthr");
    run();
    expect(client, "one\ntwo\n");
    put(client, "ee\n");
    run();
    expect(client, "three\n");
}

static void test_deferred_holds_the_next_back(void **state)
{
    struct client *client = *state;
    put(client, "defer 1\ntwo\ndefer 3\nfour\n");
    run();
    expect(client, "");
    assert_int_equal(client->requests, 1);
    assert_true(connection_deferred(client->connection));
    connection_reply(client->connection, client->deferred);
    assert_false(connection_deferred(client->connection));
    assert_int_equal(client->requests, 1); // never from within connection_reply
    run();
    expect(client, "defer 1\ntwo\n");
    connection_reply(client->connection, client->deferred);
    run();
    expect(client, "defer 3\nfour\n");
}

// The bytes of a deferred request stay where they are, whatever comes after them.
static void test_deferred_request_does_not_move(void **state)
{
    struct client *client = *state;
    put(client, "x\ndefer 1\n");
    run();
    for (int i = 0; i < 8; i++) {
        put(client, i == 7 ? "\n" : "more");
        run();
    }
    assert_memory_equal(client->deferred.ptr, "defer 1\n", 8);
    connection_reply(client->connection, client->deferred);
    run();
    expect(client, "x\ndefer 1\nmoremoremoremoremoremoremore\n");
}

static void test_flood_while_deferred_is_bounded(void **state)
{
    struct client *client = *state;
    char line[64];
    int lines = 0, answers = 0;
    put(client, "defer 1\n");
    run();
    snprintf(line, sizeof line, "%050d\n", 7);
    while (write(client->fd, line, strlen(line)) == (ssize_t)strlen(line)) {
        lines++;
        run();
    }
    assert_in_range(lines, 10, 100000);
    connection_reply(client->connection, SLICE("ok\n"));
    char buffer[65536];
    for (int64_t end = clock_mono_ms() + 10000; answers < lines + 1 && clock_mono_ms() < end; run()) {
        const ssize_t got = read(client->fd, buffer, sizeof buffer);
        for (ssize_t i = 0; i < got; i++)
            answers += buffer[i] == '\n';
    }
    assert_int_equal(answers, lines + 1);
    assert_int_equal(client->closed, 0);
}

static void test_defer_and_reply_at_once(void **state)
{
    const struct client *client = *state;
    put(client, "at once\nat once\nlast\n");
    run();
    expect(client, "at once\nat once\nlast\n");
}

static void test_destroyed_within_its_call(void **state)
{
    struct client *client = *state;
    put(client, "one\nclose\ntwo\n");
    run();
    expect(client, "one\n");
    expect_end(client);
    assert_int_equal(client->requests, 2);
}

static void test_peer_gone_while_deferred(void **state)
{
    struct client *client = *state;
    put(client, "defer 1\n");
    run();
    close(client->fd);
    client->fd = -1;
    run();
    assert_int_equal(client->closed, 0);
    connection_reply(client->connection, SLICE("too late\n"));
    assert_int_equal(client->closed, 0); // never from within connection_reply
    run();
    assert_int_equal(client->closed, 1);
}

static void test_destroyed_while_deferred(void **state)
{
    struct client *client = *state;
    put(client, "defer 1\n");
    run();
    connection_destroy(client->connection);
    expect_end(client);
}

static void test_half_closed_peer_gets_its_answers(void **state)
{
    struct client *client = *state;
    put(client, "one\ndefer 2\nthree\nincomplete");
    shutdown(client->fd, SHUT_WR);
    run();
    assert_int_equal(client->closed, 0);
    connection_reply(client->connection, client->deferred);
    run();
    expect(client, "one\ndefer 2\nthree\n");
    expect_end(client);
}

static void test_slow_reader_gets_all_of_a_big_answer(void **state)
{
    struct client *client = *state;
    char *buffer = malloc(BIG);
    size_t total = 0;
    put(client, "big\nnext\n");
    run();
    assert_int_equal(client->requests, 1);
    for (int64_t end = clock_mono_ms() + 10000; total < BIG + 5 && clock_mono_ms() < end; run()) {
        const ssize_t got = read(client->fd, buffer, BIG);
        total += got > 0 ? (size_t)got : 0;
    }
    free(buffer);
    assert_int_equal(total, BIG + 5);
    assert_int_equal(client->requests, 2);
}

static void test_too_long_is_closed(void **state)
{
    struct client *client = *state;
    char line[REQUEST_MAX + 1];
    memset(line, 'l', REQUEST_MAX);
    line[REQUEST_MAX] = '\0';
    line[REQUEST_MAX - 1] = '\n';
    put(client, line);
    run();
    expect(client, line);
    assert_int_equal(client->closed, 0);
    line[REQUEST_MAX - 1] = 'l';
    put(client, line);
    run();
    expect_end(client);
}

static void test_thousand_clients(void **state)
{
    enum { COUNT = 1000 };
    struct rlimit files;
    (void)state;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct client *clients = calloc(COUNT, sizeof *clients);
    for (int i = 0; i < COUNT; i++)
        connect_client(&clients[i]);
    for (int i = 0; i < COUNT; i++)
        put(&clients[i], "defer\n");
    for (int i = 0; i < COUNT / 10; i++)
        run();
    for (int i = COUNT - 1; i >= 0; i--) {
        assert_int_equal(clients[i].requests, 1);
        connection_reply(clients[i].connection, clients[i].deferred);
    }
    for (int i = 0; i < COUNT; i++) {
        expect(&clients[i], "defer\n");
        disconnect_client(&clients[i]);
    }
    free(clients);
}

static void test_idle_is_never_closed(void **state)
{
    struct client *client = *state;
    put(client, "partial");
    run();
    usleep(100000);
    run();
    put(client, "\n");
    run();
    expect(client, "partial\n");
    connection_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_byte_by_byte),
        TEST(test_pipelined),
        TEST(test_deferred_holds_the_next_back),
        TEST(test_deferred_request_does_not_move),
        TEST(test_flood_while_deferred_is_bounded),
        TEST(test_defer_and_reply_at_once),
        TEST(test_destroyed_within_its_call),
        TEST(test_peer_gone_while_deferred),
        TEST(test_destroyed_while_deferred),
        TEST(test_half_closed_peer_gets_its_answers),
        TEST(test_slow_reader_gets_all_of_a_big_answer),
        TEST(test_too_long_is_closed),
        TEST(test_thousand_clients),
        TEST(test_idle_is_never_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
