// SPDX-License-Identifier: BSD-2-Clause
// Clients of a real socket. A byte "a" is answered at once, "d" later, by the test.
#include "io/server.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct state {
    int opened;
    int requests;
    char large[3000]; // more than one connection's state must not overlap
};

static struct event_base *base;
static struct server *server;
static struct connection *waiting;
static struct counter connections;
static int closed, drained;
static char folder[] = "/tmp/server_test.XXXXXX", address[64];

static void on_open(struct connection *connection, void *state)
{
    struct state *own = state;
    assert_ptr_equal(server_state(connection), state);
    assert_int_equal(own->opened, 0);
    own->opened = 1;
    memset(own->large, 'x', sizeof own->large);
}

static size_t on_input(struct connection *connection, struct slice in)
{
    struct state *own = server_state(connection);
    assert_int_equal(own->opened, 1);
    own->requests++;
    if (in.ptr[0] == 'd') {
        connection_defer(connection);
        waiting = connection;
    } else {
        connection_reply(connection, own->requests == 1 ? SLICE("1") : SLICE("n"));
    }
    return 1;
}

static void on_close(void *state)
{
    const struct state *own = state;
    closed += own->opened;
    waiting = NULL;
}

static void on_drained(void)
{
    drained++;
}

static int open_server(void **state)
{
    static struct problem problem;
    (void)state;
    const struct server_spec spec = {.address = address,
                                     .group = "",
                                     .mode = 0600,
                                     .request_max = 100,
                                     .state_size = sizeof(struct state),
                                     .on_open = on_open,
                                     .on_input = on_input,
                                     .on_close = on_close,
                                     .connections = &connections};
    base = event_base_new();
    closed = drained = 0;
    server = server_create(base, &spec, &problem);
    return server ? 0 : -1;
}

static int close_server(void **state)
{
    (void)state;
    server_destroy(server);
    event_base_free(base);
    clock_reset();
    return 0;
}

static void run(void)
{
    for (int i = 0; i < 5; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static int connect_client(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(to.sun_path, address + strlen("unix:"), strlen(address) - strlen("unix:") + 1);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&to, (socklen_t)sizeof to) == 0 ? fd : -1;
}

static void send_byte(int fd, char byte)
{
    assert_int_equal(write(fd, &byte, 1), 1);
    run();
}

static void expect(int fd, char byte)
{
    char got = '\0';
    assert_int_equal(recv(fd, &got, 1, MSG_DONTWAIT), 1);
    assert_int_equal(got, byte);
}

static void test_each_connection_has_a_state(void **state)
{
    (void)state;
    const int one = connect_client(), other = connect_client();
    send_byte(one, 'a');
    send_byte(one, 'a');
    send_byte(other, 'a');
    expect(one, '1');
    expect(one, 'n');
    expect(other, '1');
    assert_int_equal((int)connections.value, 2);
    close(one);
    run();
    assert_int_equal(closed, 1);
    assert_int_equal((int)connections.value, 1);
    server_destroy(server);
    server = NULL;
    assert_int_equal(closed, 2);
    assert_int_equal((int)connections.value, 0);
    close(other);
}

static void test_drain_waits_for_answers(void **state)
{
    (void)state;
    const int one = connect_client(), idle = connect_client();
    send_byte(one, 'd');
    server_drain(server, 60000, on_drained);
    run();
    assert_int_equal(drained, 0);
    assert_int_equal(connect_client(), -1);
    send_byte(idle, 'a');
    expect(idle, '1');
    connection_reply(waiting, SLICE("!"));
    expect(one, '!');
    usleep(20000);
    run();
    assert_int_equal(drained, 1);
    close(one);
    close(idle);
}

static void test_drain_ends(void **state)
{
    (void)state;
    const int one = connect_client();
    send_byte(one, 'd');
    clock_set(1000, 1000);
    server_drain(server, 500, on_drained);
    run();
    assert_int_equal(drained, 0);
    clock_set(1000, 1500);
    usleep(20000);
    run();
    assert_int_equal(drained, 1);
    close(one);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_connection_has_a_state),
        CASE(test_drain_waits_for_answers),
        CASE(test_drain_ends),
    };
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(address, sizeof address, "unix:%s/s", folder);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
