// SPDX-License-Identifier: BSD-2-Clause
#include "directory/guard.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

// Filled in advance: a signal handler formats nothing.
static char file[4096], line[4600];

static void write_text(int fd, const char *text)
{
    const ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
}

static void __attribute__((noreturn)) end(const char *detail)
{
    const int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
    write_text(STDERR_FILENO, line);
    write_text(STDERR_FILENO, detail);
    write_text(STDERR_FILENO, "\n");
    if (fd >= 0)
        write_text(fd, "!");
    _exit(EX_OSERR);
}

static void on_bus_error(int number)
{
    (void)number;
    end("a page is missing, or the disk cannot read it");
}

static void on_assertion(MDB_env *env, const char *text)
{
    (void)env;
    end(text);
}

void guard_watch(MDB_env *env, const char *path)
{
    struct sigaction action = {.sa_handler = on_bus_error};
    snprintf(file, sizeof file, "%s/" GUARD_FILE, path);
    snprintf(
        line, sizeof line,
        "error: the replica in %s is damaged; this process ends, to be started again, and the replicator "
        "loads it again: ",
        path);
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)mdb_env_set_assert(env, on_assertion);
}

bool guard_found(int rc)
{
    if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_CURSOR_FULL || rc == MDB_PAGE_FULL)
        end(mdb_strerror(rc));
    return rc == 0;
}
