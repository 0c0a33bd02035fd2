// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool fail(struct problem *problem, const char *what, const char *name)
{
    return problem_set(problem, "%s %s: %s", what, name, errno ? strerror(errno) : "there is none such");
}

static bool keep_account(const struct passwd *account, struct privileges *out, struct problem *problem)
{
    out->uid = account->pw_uid;
    out->gid = account->pw_gid;
    if (snprintf(out->name, sizeof out->name, "%s", account->pw_name) < (int)sizeof out->name &&
        snprintf(out->home, sizeof out->home, "%s", account->pw_dir) < (int)sizeof out->home)
        return true;
    return problem_set(problem, "user %.64s: its name or its home is too long", account->pw_name);
}

static bool find_account(const char *own, const char *user, struct privileges *out, struct problem *problem)
{
    const bool is_named = *user || out->is_root;
    errno = 0;
    const struct passwd *account = *user          ? getpwnam(user)
                                   : out->is_root ? getpwnam(own)
                                                  : getpwuid(geteuid());
    if (account)
        return keep_account(account, out, problem);
    if (!is_named) { // a process of a number without an account
        out->uid = geteuid();
        out->gid = getegid();
        return true;
    }
    if (*user || errno)
        return fail(problem, "user", *user ? user : own);
    return problem_set(problem,
                       "started by root without `user`, and there is no account %s: make it with "
                       "systemd-sysusers(8), or name another one by `user`",
                       own);
}

bool privileges_find(const char *own, const char *user, const char *group, struct privileges *out,
                     struct problem *problem)
{
    *out = (struct privileges){.is_root = geteuid() == 0};
    if (!find_account(own, user, out, problem))
        return false;
    if (!*group)
        return true;
    errno = 0;
    const struct group *entry = getgrnam(group);
    if (!entry)
        return fail(problem, "group", group);
    out->gid = entry->gr_gid;
    return true;
}

// libpq, for one, looks below HOME for certificates and passwords: root's cannot be read any more.
static bool set_environment(const struct privileges *privileges)
{
    return setenv("HOME", privileges->home, 1) == 0 && setenv("USER", privileges->name, 1) == 0 &&
           setenv("LOGNAME", privileges->name, 1) == 0;
}

// setuid leaves the permitted capabilities where PR_SET_KEEPCAPS is set, and takes the effective ones.
static bool keep_only(uint32_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = kept, .permitted = kept}};
    return syscall(SYS_capset, &header, data) == 0;
}

bool privileges_drop(const struct privileges *privileges, struct problem *problem)
{
    if (!privileges->is_root)
        return true;
    const uint32_t kept = privileges->kept_capabilities;
    if (kept != 0)
        (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    // The groups first: after setuid there is no right to change them.
    errno = 0;
    if (initgroups(privileges->name, privileges->gid) != 0 || setgid(privileges->gid) != 0 ||
        setuid(privileges->uid) != 0 || !set_environment(privileges))
        return fail(problem, "cannot become user", privileges->name);
    if (kept != 0 && !keep_only(kept))
        return fail(problem, "cannot keep a capability as user", privileges->name);
    if (privileges->uid != 0 && setuid(0) == 0)
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
