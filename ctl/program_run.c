// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/program_run.h"

#include "ctl/child_process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4 << 20 };

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

// Makes room for more bytes; a line that is too long is dropped.
static bool make_room(struct lines *lines, size_t more)
{
    while (lines->size - lines->len < more) {
        if (lines->size >= LINE_MAX_BYTES) {
            lines->skipping = true;
            lines->len = 0;
            continue;
        }
        const size_t size = lines->size ? 2 * lines->size : 65536;
        char *text = realloc(lines->text, size);
        if (!text)
            return false;
        lines->text = text;
        lines->size = size;
    }
    return true;
}

static bool take(void *into, struct slice bytes)
{
    struct lines *lines = into;
    if (!make_room(lines, bytes.len))
        return false;
    memcpy(lines->text + lines->len, bytes.ptr, bytes.len);
    lines->len += bytes.len;
    pass_lines(lines);
    return true;
}

// A process group of its own, so that its children end with it.
static void act(const void *arg, int to)
{
    const int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (setpgid(0, 0) == 0 && nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 &&
        dup2(to, STDOUT_FILENO) >= 0 && dup2(to, STDERR_FILENO) >= 0)
        child_process_exec(arg);
}

static enum program_run_rc judge(int status)
{
    if (!WIFEXITED(status))
        return PROGRAM_RUN_FAILED;
    if (WEXITSTATUS(status) == CHILD_NOT_FOUND)
        return PROGRAM_RUN_NONE;
    return WEXITSTATUS(status) == 0 ? PROGRAM_RUN_OK : PROGRAM_RUN_FAILED;
}

enum program_run_rc program_run(const char *const *argv, int wait_ms,
                                void (*on_line)(void *arg, struct slice line), void *arg)
{
    int status = 0;
    struct lines lines = {.on_line = on_line, .arg = arg};
    const struct child_process process = {
        .act = act, .arg = argv, .wait_ms = wait_ms, .take = take, .into = &lines};
    const enum child_end end = child_process_run(&process, &status);
    free(lines.text);
    if (end == CHILD_NONE)
        return PROGRAM_RUN_NONE;
    return end == CHILD_LATE ? PROGRAM_RUN_LATE : end == CHILD_ENDED ? judge(status) : PROGRAM_RUN_FAILED;
}
