// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/program_run.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4 << 20, NOT_FOUND = 127 };

struct lines {
    char *text;
    size_t len, size;
    bool skipping; // within a line that is too long
    void (*on_line)(void *arg, struct slice line);
    void *arg;
};

static void pass_lines(struct lines *lines)
{
    struct slice rest = slice_make(lines->text, lines->len), line;
    while (rest.len > 0 && memchr(rest.ptr, '\n', rest.len)) {
        slice_split(rest, '\n', &line, &rest);
        if (!lines->skipping)
            lines->on_line(lines->arg, line);
        lines->skipping = false;
    }
    if (rest.len > 0)
        memmove(lines->text, rest.ptr, rest.len);
    lines->len = rest.len;
}

static bool make_room(struct lines *lines)
{
    if (lines->len < lines->size)
        return true;
    if (lines->size >= LINE_MAX_BYTES) {
        lines->skipping = true;
        lines->len = 0;
        return true;
    }
    const size_t size = lines->size ? 2 * lines->size : 65536;
    char *text = realloc(lines->text, size);
    if (!text)
        return false;
    lines->text = text;
    lines->size = size;
    return true;
}

// Returns whether the program has closed its output.
static bool read_some(int fd, struct lines *lines)
{
    if (!make_room(lines))
        return true;
    const ssize_t got = read(fd, lines->text + lines->len, lines->size - lines->len);
    if (got < 0)
        return errno != EINTR && errno != EAGAIN;
    lines->len += (size_t)got;
    pass_lines(lines);
    return got == 0;
}

// In the child: a process group of its own, so that its children end with it.
static void exec_program(char *const *argv, int to)
{
    char path[256];
    const int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/usr/sbin/%s", argv[0]);
    if (setpgid(0, 0) == 0 && nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 &&
        dup2(to, STDOUT_FILENO) >= 0 && dup2(to, STDERR_FILENO) >= 0) {
        execvp(argv[0], argv);
        execv(path, argv);
    }
    _exit(NOT_FOUND);
}

// Returns whether the output was read to its end in time.
static bool read_all(int fd, int wait_ms, struct lines *lines)
{
    const int64_t deadline = clock_mono_ms() + wait_ms;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int64_t left = deadline - clock_mono_ms();
        if (left <= 0)
            return false;
        if (poll(&ready, 1, (int)left) > 0 && read_some(fd, lines))
            return true;
    }
}

static enum program_run_rc wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status))
        return PROGRAM_RUN_FAILED;
    if (WEXITSTATUS(status) == NOT_FOUND)
        return PROGRAM_RUN_NONE;
    return WEXITSTATUS(status) == 0 ? PROGRAM_RUN_OK : PROGRAM_RUN_FAILED;
}

enum program_run_rc program_run(char *const *argv, int wait_ms, void (*on_line)(void *arg, struct slice line),
                                void *arg)
{
    int ends[2];
    struct lines lines = {.on_line = on_line, .arg = arg};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return PROGRAM_RUN_NONE;
    const pid_t child = fork();
    if (child == 0)
        exec_program(argv, ends[1]);
    close(ends[1]);
    const bool in_time = child > 0 && read_all(ends[0], wait_ms, &lines);
    close(ends[0]);
    free(lines.text);
    if (child < 0)
        return PROGRAM_RUN_NONE;
    // Also one that has closed its output and runs on.
    if (!in_time && kill(-child, SIGKILL) != 0)
        (void)kill(child, SIGKILL);
    const enum program_run_rc rc = wait_for(child);
    return in_time ? rc : PROGRAM_RUN_LATE;
}
