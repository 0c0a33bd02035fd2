// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/self_check.h"

#include "conf/secret.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

// Of the child: its one run.
static struct {
    const char *name, *account;
    bool found;
} run;

void self_check_report(const char *option, const struct problem *problem)
{
    run.found = true;
    fprintf(stderr, "%s: %s: %s\n", run.name, option, problem->text);
}

// Returns whether all folders above `path` may be entered; if not, the first that may not is in `folder`.
static bool may_reach(const char *path, char folder[PATH_MAX])
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, PATH_MAX, "%.*s", (int)(slash - path), path);
        if (access(folder, X_OK) != 0)
            return false;
    }
    return true;
}

// Returns whether `path` can be used so; if not, errno says why, and a report was made unless it is missing
// and `may_miss`.
static bool may_use(const char *option, const char *path, int mode, const char *verb, const char *advice,
                    bool may_miss)
{
    char folder[PATH_MAX];
    struct problem problem;
    const bool reached = may_reach(path, folder);
    if (reached && access(path, mode) == 0)
        return true;
    const int reason = errno;
    if (reason == ENOENT && may_miss)
        return false;
    if (reason == ENOENT)
        problem_set(&problem, "there is no %s", reached ? path : folder);
    else if (!reached)
        problem_set(&problem,
                    "account %s cannot %s %s: it may not enter %s (%s); chmod o+x %s, or use another place",
                    run.account, verb, path, folder, strerror(reason), folder);
    else
        problem_set(&problem, "account %s cannot %s %s: %s; %s", run.account, verb, path, strerror(reason),
                    advice);
    self_check_report(option, &problem);
    errno = reason;
    return false;
}

void self_check_program(const char *option, const char *path)
{
    (void)may_use(option, path, X_OK, "execute", "make it executable for all, chmod 0755", false);
}

void self_check_writable_file(const char *option, const char *path)
{
    static const char advice[] = "give it to the account with chown";
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (may_use(option, folder, W_OK | X_OK, "write", advice, true))
        (void)may_use(option, path, R_OK | W_OK, "write", advice, true);
}

static void check_file(const char *folder, const char *name, int mode, const char *advice)
{
    char file[PATH_MAX];
    if (snprintf(file, sizeof file, "%s/%s", folder, name) < (int)sizeof file)
        (void)may_use("directory", file, mode, mode & W_OK ? "write" : "read", advice, true);
}

void self_check_replica(const char *path)
{
    static const char advice[] = "put the account into the group of the replica's files";
    if (!may_use("directory", path, R_OK | X_OK, "read", advice, true))
        return;
    check_file(path, "data.mdb", R_OK, advice);
    check_file(path, "lock.mdb", R_OK | W_OK, advice); // LMDB keeps the table of readers there
}

void self_check_own_replica(const char *path)
{
    static const char *const files[] = {"writer.lock", "data.mdb", "lock.mdb"};
    static const char advice[] = "give the folder and all files in it to the account, with chown -R";
    if (!may_use("directory", path, R_OK | W_OK | X_OK, "write", advice, true))
        return;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        check_file(path, files[i], R_OK | W_OK, advice);
}

// Read at each reload, and by systemd's units also at the start, with the account's rights.
static void check_files(const struct self_check_spec *spec)
{
    struct problem problem;
    if (spec->conf_path)
        (void)may_use("configuration", spec->conf_path, R_OK, "read",
                      "give it to a group of the account, mode 0640", false);
    for (const struct conf_option *option = spec->options; option->key; option++) {
        const struct conf_secret *secret = (const void *)((const char *)spec->conf + option->offset);
        if (option->type != CONF_TYPE_SECRET || secret->path[0] != '/' ||
            !may_use(option->key, secret->path, R_OK, "read", "give it to the account with chown", false))
            continue;
        char *value = secret_read(secret->path, &problem);
        if (!value)
            self_check_report(option->key, &problem);
        secret_free(value);
    }
}

static int check(const struct self_check_spec *spec, const struct privileges *privileges)
{
    struct problem problem;
    run.name = spec->name;
    run.account = privileges->name;
    run.found = false;
    if (!privileges_drop(privileges, &problem)) {
        self_check_report("user", &problem);
        return EX_CONFIG;
    }
    check_files(spec);
    if (spec->probe)
        spec->probe();
    return run.found ? EX_CONFIG : EX_OK;
}

bool self_check_run(const struct self_check_spec *spec, const struct privileges *privileges)
{
    int status = 0;
    if (!privileges->is_root && strcmp(privileges->name, spec->name) != 0)
        return true;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const int code = check(spec, privileges);
        fflush(stderr);
        _exit(code);
    }
    if (child > 0 && waitpid(child, &status, 0) == child)
        return WIFEXITED(status) && WEXITSTATUS(status) == EX_OK;
    fprintf(stderr, "%s: cannot start a process: %s\n", spec->name, strerror(errno));
    return false;
}
