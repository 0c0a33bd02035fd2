// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/child.h"

#include "base/slice.h"
#include "ctl/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000, OUTPUT_MAX = 4 << 20 };

struct output {
    char *text; // ends in NUL
    size_t len, size;
};

static bool take(void *into, struct slice bytes)
{
    struct output *out = into;
    while (!out->text || out->size - out->len <= bytes.len) {
        const size_t size = out->size ? out->size * 2 : 65536;
        char *text = size <= OUTPUT_MAX ? realloc(out->text, size) : NULL;
        if (!text)
            return false;
        out->text = text;
        out->size = size;
    }
    memcpy(out->text + out->len, bytes.ptr, bytes.len);
    out->len += bytes.len;
    out->text[out->len] = '\0';
    return true;
}

// The variables of this process, such as PGHOST, are not kept: the account's own processes do not have them.
static bool take_account(const struct passwd *account)
{
    return !account || account->pw_uid == geteuid() ||
           (initgroups(account->pw_name, account->pw_gid) == 0 && setgid(account->pw_gid) == 0 &&
            setuid(account->pw_uid) == 0 && clearenv() == 0 && setenv("HOME", account->pw_dir, 1) == 0);
}

static void exec_program(const char *const *argv)
{
    child_process_exec(argv);
    if (errno != ENOENT)
        dprintf(STDERR_FILENO, "%s: cannot be run: %m\n", argv[0]);
    _exit(errno == ENOENT ? CHILD_NOT_FOUND : 126);
}

struct order {
    const struct child_spec *spec;
    const struct passwd *account; // NULL: this process's
};

// In the child.
static void act(const void *arg, int to)
{
    const struct order *order = arg;
    const struct child_spec *spec = order->spec;
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDIN_FILENO);
    if (spec->errors != CHILD_ERRORS_SHOWN)
        dup2(spec->errors == CHILD_ERRORS_READ ? to : nowhere, STDERR_FILENO);
    if (!take_account(order->account))
        _exit(1);
    if (spec->argv) {
        if (dup2(to, STDOUT_FILENO) >= 0)
            exec_program(spec->argv);
        _exit(CHILD_NOT_FOUND);
    }
    FILE *out = fdopen(to, "w");
    if (out) {
        spec->act(out, spec->arg);
        fflush(out);
    }
    _exit(out ? 0 : 1);
}

static bool judge(const struct child_spec *spec, const struct output *out, int status,
                  struct problem *problem)
{
    const char *name = spec->argv ? spec->argv[0] : "it";
    struct slice rest = slice_trim(slice_make(out->text, out->len)), line;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_NOT_FOUND)
        return problem_set(problem, "there is no %s", name);
    while (rest.len > 0 && rest.ptr[rest.len - 1] == '\n')
        rest.len--;
    if (spec->errors != CHILD_ERRORS_READ || rest.len == 0)
        return problem_set(problem, "%s failed", name);
    if (!slice_split_last(rest, '\n', &line, &rest))
        rest = line;
    return problem_set(problem, "%.*s", (int)rest.len, rest.ptr);
}

static bool start(const struct order *order, struct output *out, struct problem *problem)
{
    const char *name = order->spec->argv ? order->spec->argv[0] : "it";
    const struct child_process process = {
        .act = act, .arg = order, .wait_ms = DEADLINE_MS, .take = take, .into = out};
    int status = 0;
    switch (child_process_run(&process, &status)) {
    case CHILD_ENDED:
        return judge(order->spec, out, status, problem);
    case CHILD_LATE:
        return problem_set(problem, "%s takes longer than 30 s", name);
    case CHILD_CUT:
        return problem_set(problem, "%s prints too much", name);
    case CHILD_UNREADABLE:
        return problem_set(problem, "%s cannot be read: %m", name);
    default:
        return problem_set(problem, "cannot start a process: %m");
    }
}

char *child_run(const struct child_spec *spec, struct problem *problem)
{
    struct output out = {.text = NULL};
    const struct passwd *account = spec->account ? getpwnam(spec->account) : NULL;
    bool right = true;
    if (spec->account && !account)
        right = problem_set(problem, "there is no account %s", spec->account);
    else if (account && account->pw_uid != geteuid() && geteuid() != 0)
        right = problem_set(problem, "only root may act as %s: permission denied", spec->account);
    const struct order order = {.spec = spec, .account = account};
    if (right && start(&order, &out, problem) && (out.text || take(&out, SLICE(""))))
        return out.text;
    free(out.text);
    return NULL;
}
