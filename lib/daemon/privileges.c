// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool fail(struct problem *problem, const char *what, const char *name)
{
    problem_set(problem, "%s %s: %s", what, name, errno ? strerror(errno) : "there is none such");
    return false;
}

struct ids {
    uid_t uid;
    gid_t gid;
};

static bool is_needed(const char *user)
{
    return *user && geteuid() == 0;
}

static bool find_ids(const char *user, const char *group, struct ids *out, struct problem *problem)
{
    errno = 0;
    const struct passwd *account = getpwnam(user);
    if (!account)
        return fail(problem, "user", user);
    *out = (struct ids){account->pw_uid, account->pw_gid};
    if (!*group)
        return true;
    errno = 0;
    const struct group *entry = getgrnam(group);
    if (!entry)
        return fail(problem, "group", group);
    out->gid = entry->gr_gid;
    return true;
}

bool privileges_check(const char *user, const char *group, struct problem *problem)
{
    struct ids ids;
    return !is_needed(user) || find_ids(user, group, &ids, problem);
}

bool privileges_drop(const char *user, const char *group, struct problem *problem)
{
    struct ids ids;
    if (!is_needed(user))
        return true;
    if (!find_ids(user, group, &ids, problem))
        return false;
    // The groups first: after setuid there is no right to change them.
    errno = 0;
    if (initgroups(user, ids.gid) != 0 || setgid(ids.gid) != 0 || setuid(ids.uid) != 0)
        return fail(problem, "cannot become user", user);
    if (ids.uid != 0 && setuid(0) == 0)
        return problem_set(problem, "root's rights could be regained");
    // Nor by way of a program with a set-user-ID bit.
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return true;
}

void privileges_keep_memory(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void privileges_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}
