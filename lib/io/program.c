// SPDX-License-Identifier: BSD-2-Clause
#include "io/program.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    struct program_spec spec;
    pid_t pid;
    int pidfd;
    struct event *ended;        // pidfd is readable; also the deadline
    struct bufferevent *stream; // a socket pair: its output
    char output[PROGRAM_OUTPUT_MAX];
    size_t output_len;
};

static void free_program(struct program *program)
{
    if (program->ended)
        event_free(program->ended);
    if (program->stream)
        bufferevent_free(program->stream);
    if (program->pidfd >= 0)
        close(program->pidfd);
    free(program);
}

static int reap(const struct program *program)
{
    int status = -1;
    while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

void program_cancel(struct program *program)
{
    kill(program->pid, SIGKILL);
    (void)reap(program);
    free_program(program);
}

static void on_output(struct bufferevent *stream, void *arg)
{
    struct program *program = arg;
    struct evbuffer *input = bufferevent_get_input(stream);
    const size_t room = sizeof program->output - 1 - program->output_len;
    const int got = evbuffer_remove(input, program->output + program->output_len, room);
    if (got > 0)
        program->output_len += (size_t)got;
    evbuffer_drain(input, evbuffer_get_length(input));
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
    struct program *program = arg;
    const struct program_spec spec = program->spec;
    char output[PROGRAM_OUTPUT_MAX];
    int status;
    (void)fd;
    if (what & EV_TIMEOUT)
        kill(program->pid, SIGKILL);
    status = reap(program);
    // Output that is still in the socket.
    const ssize_t got = recv(bufferevent_getfd(program->stream), program->output + program->output_len,
                             sizeof program->output - 1 - program->output_len, MSG_DONTWAIT);
    if (got > 0)
        program->output_len += (size_t)got;
    program->output[program->output_len] = '\0';
    memcpy(output, program->output, sizeof output);
    free_program(program);
    spec.on_end(what & EV_TIMEOUT ? -1 : status, output, spec.arg);
}

// A file without a name. A pipe would end early if this process did, and the program take the head of its
// input for all of it.
static int open_input(struct slice input)
{
    const int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    while (input.len) {
        const ssize_t put = write(fd, input.ptr, input.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            close(fd);
            return -1;
        }
        input = slice_skip(input, (size_t)put);
    }
    if (lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool spawn_on(struct program *program, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return false;
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    for (int target = STDIN_FILENO; target <= STDERR_FILENO && rc == 0; target++)
        rc = posix_spawn_file_actions_adddup2(&actions, target == STDIN_FILENO ? input : output, target);
    if (rc == 0)
        rc = posix_spawn(&program->pid, program->spec.argv[0], &actions, &attributes,
                         (char *const *)program->spec.argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = rc;
    return rc == 0;
}

static bool watch(struct program *program, struct event_base *base, int fd)
{
    const struct timeval deadline = {.tv_sec = program->spec.deadline_ms / 1000,
                                     .tv_usec = program->spec.deadline_ms % 1000 * 1000};
    program->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    program->pidfd = pidfd_open(program->pid, 0);
    if (!program->stream || program->pidfd < 0)
        return false;
    program->ended = event_new(base, program->pidfd, EV_READ, on_ended, program);
    bufferevent_setcb(program->stream, on_output, NULL, NULL, program);
    return program->ended && event_add(program->ended, &deadline) == 0 &&
           bufferevent_enable(program->stream, EV_READ) == 0;
}

struct program *program_start(struct event_base *base, const struct program_spec *spec)
{
    int pair[2];
    struct program *program = calloc(1, sizeof *program);
    if (!program || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        free(program);
        return NULL;
    }
    program->spec = *spec;
    program->pidfd = -1;
    // The program's own end blocks, as it expects.
    fcntl(pair[1], F_SETFL, 0);
    const int input = open_input(spec->input);
    const bool spawned = input >= 0 && spawn_on(program, input, pair[1]);
    int error = errno;
    close(pair[1]);
    if (input >= 0)
        close(input);
    if (spawned && watch(program, base, pair[0]))
        return program;
    if (spawned)
        error = errno;
    if (!spawned || !program->stream)
        close(pair[0]);
    if (spawned)
        program_cancel(program);
    else
        free_program(program);
    errno = error;
    return NULL;
}
