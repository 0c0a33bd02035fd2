// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_run.h"

#include "ctl/child_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 600000, OUTPUT_MAX = 32 << 20 };

const int setup_run_ignored[] = {SIGINT, SIGHUP, SIGPIPE, 0};

// A server that the program starts keeps neither our terminal nor the pipe's end for input.
static void act(const void *arg, int to)
{
    const int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; setup_run_ignored[i]; i++)
        (void)signal(setup_run_ignored[i], SIG_DFL);
    if (chdir("/") == 0 && nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 && dup2(to, STDOUT_FILENO) >= 0 &&
        dup2(to, STDERR_FILENO) >= 0)
        child_process_exec(arg);
}

static bool take(void *into, struct slice bytes)
{
    struct setup_text *printed = into;
    setup_text_add(printed, bytes);
    return printed->len <= OUTPUT_MAX;
}

static int judge(const char *name, int status, struct problem *problem)
{
    if (WIFSIGNALED(status)) {
        (void)problem_set(problem, "%s ended by signal %d", name, WTERMSIG(status));
        return -1;
    }
    if (WEXITSTATUS(status) == CHILD_NOT_FOUND) {
        (void)problem_set(problem, "%s cannot be run", name);
        return -1;
    }
    return WEXITSTATUS(status);
}

int setup_run(const char *const *argv, struct setup_text *out, struct problem *problem)
{
    static const char *const faults[] = {[CHILD_LATE] = "it takes longer than ten minutes",
                                         [CHILD_CUT] = "it prints too much",
                                         [CHILD_UNREADABLE] = "its output cannot be read"};
    const struct child_process process = {
        .act = act, .arg = argv, .wait_ms = DEADLINE_MS, .take = take, .into = out};
    int status = 0;
    fflush(stdout);
    const enum child_end end = child_process_run(&process, &status);
    if (end == CHILD_ENDED)
        return judge(argv[0], status, problem);
    if (end == CHILD_NONE)
        (void)problem_set(problem, "%s cannot be started: %s", argv[0], strerror(errno));
    else
        (void)problem_set(problem, "%s: %s", argv[0], faults[end]);
    return -1;
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
