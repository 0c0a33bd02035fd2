// SPDX-License-Identifier: BSD-2-Clause
// A process of its own is confined and then tries what the worker has no right to, and what it needs.
#include "spfworker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES 40
#define REFUSED 99 // exit status of an act that the kernel refused without ending the process

// Runs `act` confined; returns the status that wait gives.
static int run_confined(int (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct problem problem;
        if (!confine("nobody", FILES, &problem)) {
            dprintf(STDERR_FILENO, "%s\n", problem.text);
            _exit(98);
        }
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int refuse(long rc)
{
    return rc < 0 ? REFUSED : 0;
}

static int open_file(void)
{
    return refuse(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int open_by_number(void)
{
    return refuse(syscall(SYS_open, "/etc/passwd", O_RDONLY));
}

static int look_at_file(void)
{
    struct stat status;
    return refuse(stat("/etc/passwd", &status));
}

static int make_process(void)
{
    return refuse(fork());
}

static int run_program(void)
{
    char *const none[] = {NULL};
    return refuse(execve("/bin/true", none, none));
}

static int signal_parent(void)
{
    return refuse(kill(getppid(), 0));
}

static int trace_parent(void)
{
    return refuse(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int make_unix_socket(void)
{
    return refuse(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int make_raw_socket(void)
{
    return refuse(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int listen_on_socket(void)
{
    return refuse(listen(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 1));
}

static int make_code(void)
{
    return refuse(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                          MAP_FAILED
                      ? -1
                      : 0);
}

static int list_folder(void)
{
    return refuse(syscall(SYS_getdents64, 0, NULL, 0));
}

static int raise_limit(void)
{
    const struct rlimit more = {1000, 1000};
    return refuse(setrlimit(RLIMIT_NOFILE, &more));
}

static void what_it_has_no_right_to_ends_it(void **state)
{
    static const struct {
        const char *name;
        int (*act)(void);
    } acts[] = {
        {"open", open_file},
        {"open by number", open_by_number},
        {"stat", look_at_file},
        {"fork", make_process},
        {"exec", run_program},
        {"kill", signal_parent},
        {"ptrace", trace_parent},
        {"AF_UNIX", make_unix_socket},
        {"raw socket", make_raw_socket},
        {"listen", listen_on_socket},
        {"mmap", make_code},
        {"getdents", list_folder},
        {"setrlimit", raise_limit},
    };
    (void)state;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        int status = run_confined(acts[i].act);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("%s: status %x", acts[i].name, (unsigned)status);
    }
}

static int use_sockets(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    int tcp = socket(AF_INET6, SOCK_STREAM, 0);
    return udp < 0 || tcp < 0 || bind(udp, (const struct sockaddr *)&address, sizeof address) != 0 ||
           fcntl(tcp, F_SETFL, O_NONBLOCK) != 0;
}

static int use_memory(void)
{
    unsigned char chance[32];
    char *large = malloc(10000000);
    if (!large || getrandom(chance, sizeof chance, 0) != sizeof chance)
        return 1;
    memset(large, 1, 10000000);
    free(large);
    return 0;
}

static int have_no_rights(void)
{
    return geteuid() == 0 || getegid() == 0 || setuid(0) == 0;
}

static int run_out_of_files(void)
{
    for (int i = 0; i < FILES; i++)
        if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
            return errno != EMFILE;
    return 1;
}

static void what_it_needs_it_has(void **state)
{
    (void)state;
    assert_int_equal(run_confined(use_sockets), 0);
    assert_int_equal(run_confined(use_memory), 0);
    assert_int_equal(run_confined(run_out_of_files), 0);
}

static int abort_now(void)
{
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
    return 0;
}

static void it_may_abort(void **state)
{
    (void)state;
    int status = run_confined(abort_now);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_false(WCOREDUMP(status));
}

static void it_is_not_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    // setuid() itself is not on the list: the rights are looked at.
    int status = run_confined(have_no_rights);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    struct problem problem;
    assert_false(confine("root", FILES, &problem));
    assert_false(confine("no-such-user", FILES, &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_has_no_right_to_ends_it),
        cmocka_unit_test(what_it_needs_it_has),
        cmocka_unit_test(it_may_abort),
        cmocka_unit_test(it_is_not_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
