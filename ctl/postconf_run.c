// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/postconf_run.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000, OUTPUT_MAX = 4 << 20 };

struct output {
    char *text;
    size_t len, size;
    int64_t deadline; // clock_mono_ms
};

static const char *read_some(int fd, struct output *out, bool *done)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    const int64_t left = out->deadline - clock_mono_ms();
    if (left <= 0 || poll(&ready, 1, (int)left) == 0)
        return "postconf takes longer than 30 s";
    if (out->size - out->len < 2) {
        const size_t size = out->size ? out->size * 2 : 65536;
        char *text = size <= OUTPUT_MAX ? realloc(out->text, size) : NULL;
        if (!text)
            return "postconf prints too much";
        out->text = text;
        out->size = size;
    }
    const ssize_t got = read(fd, out->text + out->len, out->size - out->len - 1);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? NULL : "the output of postconf cannot be read";
    out->len += (size_t)got;
    out->text[out->len] = '\0';
    *done = got == 0;
    return NULL;
}

// In the child. postconf repeats its warnings on each run: only the first run's are shown.
static void exec_postconf(const char *folder, const char *mode, bool quiet, int to)
{
    const char *const argv[] = {"postconf", mode, folder ? "-c" : NULL, folder, NULL};
    const int nowhere = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    if (dup2(to, STDOUT_FILENO) >= 0)
        execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static const char *run(const char *folder, const char *mode, bool quiet, struct output *out)
{
    int ends[2], status = 0;
    bool done = false;
    const char *problem = NULL;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return "no pipe to postconf";
    const pid_t child = fork();
    if (child == 0)
        exec_postconf(folder, mode, quiet, ends[1]);
    close(ends[1]);
    while (child > 0 && !done && !problem)
        problem = read_some(ends[0], out, &done);
    close(ends[0]);
    if (child < 0)
        return "postconf cannot be started";
    if (problem)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (problem)
        return problem;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return "there is no postconf";
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : "postconf failed";
}

char *postconf_run(const char *folder, const char **problem)
{
    static const char *const modes[] = {"-x", "-Mx", "-Px"};
    struct output out = {.deadline = clock_mono_ms() + DEADLINE_MS};
    *problem = NULL;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0] && !*problem; i++)
        *problem = run(folder, modes[i], i > 0, &out);
    if (!*problem && out.text)
        return out.text;
    free(out.text);
    return NULL;
}
