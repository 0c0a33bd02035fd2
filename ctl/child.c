// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/child.h"

#include "base/clock.h"
#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000, OUTPUT_MAX = 4 << 20, NOT_FOUND = 127 };

struct output {
    char *text;
    size_t len, size;
    int64_t deadline; // clock_mono_ms
};

static bool read_some(int fd, struct output *out, bool *done, struct problem *problem)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    const int64_t left = out->deadline - clock_mono_ms();
    if (left <= 0 || poll(&ready, 1, (int)left) == 0)
        return problem_set(problem, "takes longer than 30 s");
    if (out->size - out->len < 2) {
        const size_t size = out->size ? out->size * 2 : 65536;
        char *text = size <= OUTPUT_MAX ? realloc(out->text, size) : NULL;
        if (!text)
            return problem_set(problem, "prints too much");
        out->text = text;
        out->size = size;
    }
    const ssize_t got = read(fd, out->text + out->len, out->size - out->len - 1);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN || problem_set(problem, "cannot be read: %m");
    out->len += (size_t)got;
    out->text[out->len] = '\0';
    *done = got == 0;
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
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    char path[4096];
    execvp(argv[0], (char *const *)argv);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !strchr(argv[0], '/') && errno == ENOENT;
         i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], argv[0]);
        execv(path, (char *const *)argv);
    }
    if (errno != ENOENT)
        dprintf(STDERR_FILENO, "%s: cannot be run: %m\n", argv[0]);
    _exit(errno == ENOENT ? NOT_FOUND : 126);
}

// In the child.
static void act(const struct child_spec *spec, const struct passwd *account, int to)
{
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDIN_FILENO);
    if (spec->errors != CHILD_ERRORS_SHOWN)
        dup2(spec->errors == CHILD_ERRORS_READ ? to : nowhere, STDERR_FILENO);
    if (!take_account(account))
        _exit(1);
    if (spec->argv) {
        if (dup2(to, STDOUT_FILENO) >= 0)
            exec_program(spec->argv);
        _exit(NOT_FOUND);
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
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
        return problem_set(problem, "there is no %s", name);
    while (rest.len > 0 && rest.ptr[rest.len - 1] == '\n')
        rest.len--;
    if (spec->errors != CHILD_ERRORS_READ || rest.len == 0)
        return problem_set(problem, "%s failed", name);
    if (!slice_split_last(rest, '\n', &line, &rest))
        rest = line;
    return problem_set(problem, "%.*s", (int)rest.len, rest.ptr);
}

static bool read_all(const struct child_spec *spec, pid_t child, int from, struct output *out,
                     struct problem *problem)
{
    struct problem fault;
    int status = 0;
    bool done = false, right = true;
    while (right && !done)
        right = read_some(from, out, &done, &fault);
    if (!right)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!right)
        return problem_set(problem, "%s %s", spec->argv ? spec->argv[0] : "it", fault.text);
    return judge(spec, out, status, problem);
}

static bool start(const struct child_spec *spec, const struct passwd *account, struct output *out,
                  struct problem *problem)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return problem_set(problem, "cannot make a pipe: %m");
    const pid_t child = fork();
    if (child == 0)
        act(spec, account, ends[1]);
    close(ends[1]);
    const bool right = child > 0 ? read_all(spec, child, ends[0], out, problem)
                                 : problem_set(problem, "cannot start a process: %m");
    close(ends[0]);
    return right;
}

char *child_run(const struct child_spec *spec, struct problem *problem)
{
    struct output out = {.deadline = clock_mono_ms() + DEADLINE_MS};
    const struct passwd *account = spec->account ? getpwnam(spec->account) : NULL;
    bool right = true;
    if (spec->account && !account)
        right = problem_set(problem, "there is no account %s", spec->account);
    else if (account && account->pw_uid != geteuid() && geteuid() != 0)
        right = problem_set(problem, "only root may act as %s: permission denied", spec->account);
    if (right && start(spec, account, &out, problem) && out.text)
        return out.text;
    free(out.text);
    return NULL;
}
