// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static char reason[256];

static const char *fail(const char *what, const char *name)
{
    snprintf(reason, sizeof reason, "%s %s: %s", what, name, errno ? strerror(errno) : "there is none such");
    return reason;
}

const char *privileges_drop(const char *user, const char *group)
{
    if (!*user || geteuid() != 0)
        return NULL;
    errno = 0;
    const struct passwd *account = getpwnam(user);
    if (!account)
        return fail("user", user);
    gid_t gid = account->pw_gid;
    if (*group) {
        errno = 0;
        const struct group *entry = getgrnam(group);
        if (!entry)
            return fail("group", group);
        gid = entry->gr_gid;
    }
    if (initgroups(user, gid) != 0 || setgid(gid) != 0 || setuid(account->pw_uid) != 0)
        return fail("cannot become user", user);
    if (setuid(0) == 0)
        return "root's rights could be had back";
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return NULL;
}

void privileges_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}
