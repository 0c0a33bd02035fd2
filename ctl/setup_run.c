// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_run.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 600000, OUTPUT_MAX = 32 << 20 };

const int setup_run_ignored[] = {SIGINT, SIGHUP, SIGPIPE, 0};

// A server that the program starts keeps neither our terminal nor the pipe's end for input.
static void exec_program(const char *const *argv, int to)
{
    const int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; setup_run_ignored[i]; i++)
        (void)signal(setup_run_ignored[i], SIG_DFL);
    if (chdir("/") == 0 && nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 && dup2(to, STDOUT_FILENO) >= 0 &&
        dup2(to, STDERR_FILENO) >= 0)
        execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static bool read_some(int fd, int64_t deadline, struct setup_text *out, bool *done, struct problem *problem)
{
    char part[65536];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    const int64_t left = deadline - clock_mono_ms();
    if (left <= 0 || poll(&ready, 1, (int)left) == 0)
        return problem_set(problem, "it takes longer than ten minutes");
    const ssize_t got = read(fd, part, sizeof part);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN || problem_set(problem, "its output cannot be read");
    setup_text_add(out, slice_make(part, (size_t)got));
    *done = got == 0;
    return out->len <= OUTPUT_MAX || problem_set(problem, "it prints too much");
}

static int wait_for(pid_t child, const char *name, struct problem *problem)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status)) {
        (void)problem_set(problem, "%s ended by signal %d", name, WTERMSIG(status));
        return -1;
    }
    if (WEXITSTATUS(status) == 127) {
        (void)problem_set(problem, "%s cannot be run", name);
        return -1;
    }
    return WEXITSTATUS(status);
}

int setup_run(const char *const *argv, struct setup_text *out, struct problem *problem)
{
    int ends[2];
    bool done = false, right = true;
    const int64_t deadline = clock_mono_ms() + DEADLINE_MS;
    struct problem ignored, reading;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)problem_set(problem, "no pipe to %s: %s", argv[0], strerror(errno));
        return -1;
    }
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        exec_program(argv, ends[1]);
    close(ends[1]);
    while (child > 0 && !done && right)
        right = read_some(ends[0], deadline, out, &done, &reading);
    close(ends[0]);
    if (child < 0) {
        (void)problem_set(problem, "%s cannot be started: %s", argv[0], strerror(errno));
        return -1;
    }
    if (!right)
        kill(child, SIGKILL);
    const int code = wait_for(child, argv[0], right ? problem : &ignored);
    if (!right)
        (void)problem_set(problem, "%s: %s", argv[0], reading.text);
    return right ? code : -1;
}

bool setup_run_read(const char *const *argv, struct setup_text *out, struct problem *problem)
{
    struct setup_text command = {0}, printed = {0};
    const int code = setup_run(argv, &printed, problem);
    setup_run_quote(argv, &command);
    if (code > 0) {
        const struct slice text = setup_line_trim(setup_text_slice(&printed));
        (void)problem_set(problem, "%.200s failed (%d): %.*s", setup_text_string(&command), code,
                          (int)text.len, text.len ? text.ptr : "");
    } else if (code == 0)
        setup_text_add(out, setup_text_slice(&printed));
    setup_text_finish(&command);
    setup_text_finish(&printed);
    return code == 0;
}

static bool is_plain(const char *word)
{
    if (!*word)
        return false;
    for (; *word; word++)
        if (!isalnum((unsigned char)*word) && !strchr("-_./=:,+@%", *word))
            return false;
    return true;
}

void setup_run_quote(const char *const *argv, struct setup_text *out)
{
    for (size_t i = 0; argv[i]; i++) {
        setup_text_print(out, "%s", i ? " " : "");
        if (is_plain(argv[i])) {
            setup_text_print(out, "%s", argv[i]);
            continue;
        }
        setup_text_print(out, "'");
        for (const char *c = argv[i]; *c; c++)
            setup_text_print(out, *c == '\'' ? "'\\''" : "%c", *c);
        setup_text_print(out, "'");
    }
}
