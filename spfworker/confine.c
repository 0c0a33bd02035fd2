// SPDX-License-Identifier: BSD-2-Clause
#include "spfworker/confine.h"

#include "daemon/privileges.h"
#include "spfworker/system_calls.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_MAX (1024UL * 1024 * 1024)

// The sanitizers map terabytes of shadow memory.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static bool limit(int resource, rlim_t most)
{
    const struct rlimit both = {most, most};
    return setrlimit((__rlimit_resource_t)resource, &both) == 0;
}

// A log that goes to a file must be able to grow. No other file can be opened.
static bool logs_to_file(void)
{
    struct stat status;
    return fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

// Fewer than `files` where the starter of the process may have no more itself.
static bool limit_files(unsigned files)
{
    struct rlimit old;
    return getrlimit(RLIMIT_NOFILE, &old) == 0 &&
           limit(RLIMIT_NOFILE, old.rlim_max < files ? old.rlim_max : files);
}

static bool limit_all(unsigned files)
{
    return limit_files(files) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) &&
           limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
           (logs_to_file() || limit(RLIMIT_FSIZE, 0)) && (SANITIZED || limit(RLIMIT_AS, MEMORY_MAX));
}

static bool become(const char *user, struct problem *problem)
{
    struct privileges account;
    return geteuid() != 0 ||
           (privileges_find("nobody", user, "", &account, problem) && privileges_drop(&account, problem));
}

bool confine(const char *user, unsigned files, struct problem *problem)
{
    tzset(); // the log's clock would read /etc/localtime at its first line
    if (!become(user, problem))
        return false;
    if (geteuid() == 0)
        return problem_set(problem, "it does not run as root");
    // Other processes of this user may not look into it.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return problem_set(problem, "cannot give up privileges");
    if (!limit_all(files))
        return problem_set(problem, "cannot set its limits");
    return system_calls_restrict() || problem_set(problem, "cannot restrict its system calls");
}
