// SPDX-License-Identifier: BSD-2-Clause
#include "io/listener.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct event_base *base;
    struct listener *listener;
    char folder[32];
    char path[64];
    char address[80];
    struct problem problem;
    int accepted;
    bool destroy;
} world;

static void on_accept(int fd, void *arg)
{
    (void)arg;
    world.accepted++;
    close(fd);
    if (world.destroy)
        listener_destroy(world.listener);
}

static struct listener *open_at(const char *address, const char *group)
{
    const struct listener_spec spec = {
        .address = address, .mode = 0660, .group = group, .on_accept = on_accept};
    return listener_create(world.base, &spec, &world.problem);
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.base = event_base_new();
    strcpy(world.folder, "/tmp/listener_test.XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    snprintf(world.path, sizeof world.path, "%s/socket", world.folder);
    snprintf(world.address, sizeof world.address, "unix:%s", world.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    event_base_free(world.base);
    unlink(world.path);
    return rmdir(world.folder);
}

static int connect_path(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, world.path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&un, (socklen_t)sizeof un) == 0)
        return fd;
    close(fd);
    return -1;
}

static void run_until_accepted(int wanted)
{
    const struct timeval tick = {.tv_usec = 20000};
    for (const int64_t end = clock_mono_ms() + 5000; world.accepted < wanted && clock_mono_ms() < end;) {
        event_base_loopexit(world.base, &tick);
        event_base_dispatch(world.base);
    }
    assert_int_equal(world.accepted, wanted);
}

static void test_accepts_and_cleans_up(void **state)
{
    struct stat st;
    (void)state;
    world.listener = open_at(world.address, "");
    assert_non_null(world.listener);
    assert_int_equal(stat(world.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    int fds[100];
    for (int i = 0; i < 100; i++)
        assert_true((fds[i] = connect_path()) >= 0);
    run_until_accepted(100);
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    listener_destroy(world.listener);
    assert_int_equal(access(world.path, F_OK), -1);
    listener_destroy(NULL);
}

static void test_group(void **state)
{
    struct stat st;
    (void)state;
    if (geteuid() != 0)
        skip();
    world.listener = open_at(world.address, "daemon");
    assert_int_equal(stat(world.path, &st), 0);
    assert_int_not_equal(st.st_gid, 0);
    listener_destroy(world.listener);
}

static void test_unknown_group_leaves_nothing(void **state)
{
    (void)state;
    assert_null(open_at(world.address, "no-such-group"));
    assert_non_null(strstr(world.problem.text, "there is no group no-such-group"));
    assert_int_equal(access(world.path, F_OK), -1);
}

static void test_stale_socket_is_replaced(void **state)
{
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, world.path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&un, (socklen_t)sizeof un), 0);
    close(fd);
    world.listener = open_at(world.address, "");
    assert_non_null(world.listener);
    const int client = connect_path();
    run_until_accepted(1);
    close(client);
    listener_destroy(world.listener);
}

static void test_second_instance_is_refused_and_harmless(void **state)
{
    (void)state;
    world.listener = open_at(world.address, "");
    assert_null(open_at(world.address, ""));
    assert_non_null(strstr(world.problem.text, "another process answers"));
    const int client = connect_path();
    assert_true(client >= 0);
    close(client);
    listener_destroy(world.listener);
}

static void test_a_file_that_is_no_socket_stays(void **state)
{
    (void)state;
    const int fd = open(world.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    close(fd);
    assert_null(open_at(world.address, ""));
    assert_non_null(strstr(world.problem.text, "no socket"));
    assert_int_equal(access(world.path, F_OK), 0);
}

static void test_successor_s_socket_stays(void **state)
{
    (void)state;
    struct listener *first = open_at(world.address, "");
    assert_int_equal(unlink(world.path), 0);
    struct listener *second = open_at(world.address, "");
    assert_non_null(second);
    listener_destroy(first);
    assert_int_equal(access(world.path, F_OK), 0);
    listener_destroy(second);
}

static void test_bad_folder_is_named(void **state)
{
    (void)state;
    assert_null(open_at("unix:/nowhere/at/all", ""));
    assert_string_equal(world.problem.text,
                        "cannot listen on unix:/nowhere/at/all: No such file or directory");
    assert_null(open_at("nonsense", ""));
    assert_non_null(strstr(world.problem.text, "nonsense"));
}

static void test_destroy_while_accepting(void **state)
{
    (void)state;
    world.listener = open_at(world.address, "");
    world.destroy = true;
    const int one = connect_path(), two = connect_path();
    run_until_accepted(1);
    close(one);
    close(two);
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
    (void)state;
    struct rlimit old, none;
    skip_under_valgrind();
    world.listener = open_at(world.address, "");
    const int client = connect_path();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const struct timeval wait = {.tv_usec = 500000};
    event_base_loopexit(world.base, &wait);
    const clock_t cpu = clock();
    event_base_dispatch(world.base);
    assert_int_equal(world.accepted, 0);
    assert_true(clock() - cpu < CLOCKS_PER_SEC / 4); // it waits, it does not spin
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    run_until_accepted(1);
    close(client);
    listener_destroy(world.listener);
}

// systemd(1) hands listening sockets over as descriptors from 3 on and says so in LISTEN_FDS and LISTEN_PID.
static int hand_over(const char *address, bool listening)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char pid[32];
    strcpy(un.sun_path, address);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&un, (socklen_t)sizeof un), 0);
    if (listening)
        assert_int_equal(listen(fd, 8), 0);
    const int kept = fcntl(3, F_DUPFD_CLOEXEC, 100);
    assert_int_equal(dup2(fd, 3), 3);
    if (fd != 3)
        close(fd);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    return kept;
}

static void take_back(int kept)
{
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    close(3);
    if (kept >= 0) {
        dup2(kept, 3);
        close(kept);
    }
}

static void test_socket_from_systemd(void **state)
{
    (void)state;
    const int kept = hand_over(world.path, true);
    const int early = connect_path(); // before the daemon is up
    world.listener = open_at(world.address, "");
    assert_non_null(world.listener);
    run_until_accepted(1);
    close(early);
    listener_destroy(world.listener);
    assert_int_equal(access(world.path, F_OK), 0); // systemd's to remove
    take_back(kept);
}

static void test_other_sockets_from_systemd_are_not_taken(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s/other", world.folder);
    const int kept = hand_over(other, true);
    world.listener = open_at(world.address, "");
    assert_non_null(world.listener);
    const int client = connect_path();
    run_until_accepted(1);
    close(client);
    listener_destroy(world.listener);
    unlink(other);
    take_back(kept);
}

static void test_port(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = (socklen_t)sizeof in;
    char address[40];
    // A port that was free a moment ago.
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&in, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    close(fd);
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(in.sin_port));
    world.listener = open_at(address, "");
    assert_non_null(world.listener);
    assert_null(open_at(address, ""));
    assert_non_null(strstr(world.problem.text, "in use"));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&in, len), 0);
    run_until_accepted(1);
    close(fd);
    listener_destroy(world.listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    // The descriptor that systemd would pass must not be a descriptor of the loop.
    if (fcntl(3, F_GETFD) < 0)
        assert_int_equal(dup2(STDERR_FILENO, 3), 3);
    const struct CMUnitTest tests[] = {
        TEST(test_accepts_and_cleans_up),
        TEST(test_group),
        TEST(test_unknown_group_leaves_nothing),
        TEST(test_stale_socket_is_replaced),
        TEST(test_second_instance_is_refused_and_harmless),
        TEST(test_a_file_that_is_no_socket_stays),
        TEST(test_successor_s_socket_stays),
        TEST(test_bad_folder_is_named),
        TEST(test_destroy_while_accepting),
        TEST(test_out_of_descriptors),
        TEST(test_socket_from_systemd),
        TEST(test_other_sockets_from_systemd_are_not_taken),
        TEST(test_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
