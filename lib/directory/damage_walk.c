// SPDX-License-Identifier: BSD-2-Clause
#include "directory/damage.h"
#include "directory/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Exit codes of the child; from WALK_TABLE on: damage in that table.
enum { WALK_GOOD, WALK_NOT_LMDB, WALK_FAILED, WALK_FREE_LIST, WALK_TABLE };

enum { FREE_LIST = 0 }; // the handle of LMDB's own table of free pages

struct walk {
    MDB_env *env;
    MDB_txn *txn;
    uint64_t last_page;
    bool decode; // the rows are of our layout
};

static bool row_is_good(const struct walk *walk, unsigned table, struct slice key, struct slice value)
{
    union schema_row row;
    if (key.len > ROW_KEY_MAX)
        return false;
    return !walk->decode || table >= DIRECTORY_KINDS ||
           row_decode((enum directory_kind)table, key, value, &row);
}

static bool walk_table(const struct walk *walk, unsigned table)
{
    struct row_key last = {.len = 0};
    MDB_cursor *cursor;
    MDB_val k, v;
    MDB_stat stat;
    MDB_dbi dbi;
    size_t count = 0;
    int rc = mdb_dbi_open(walk->txn, layout_table_name(table), 0, &dbi);
    if (rc == MDB_NOTFOUND)
        return true;
    if (rc || mdb_stat(walk->txn, dbi, &stat) || mdb_cursor_open(walk->txn, dbi, &cursor))
        return false;
    while ((rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
        if (!row_is_good(walk, table, layout_slice(k), layout_slice(v)) ||
            (count++ > 0 && slice_compare(layout_key_slice(&last), layout_slice(k)) >= 0))
            return false;
        last.len = k.mv_size;
        memcpy(last.bytes, k.mv_data, k.mv_size);
    }
    return rc == MDB_NOTFOUND && count == stat.ms_entries;
}

// A record is a count and so many page numbers, the highest first.
static bool free_pages_are_good(const struct walk *walk, MDB_val value)
{
    uint64_t count, page, above = walk->last_page + 1;
    const char *at = value.mv_data;
    if (value.mv_size < sizeof count)
        return false;
    memcpy(&count, at, sizeof count);
    if (count >= value.mv_size / sizeof count)
        return false;
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&page, at + i * sizeof page, sizeof page);
        if (page < 2 || page >= above)
            return false;
        above = page;
    }
    return true;
}

static bool walk_free_list(const struct walk *walk)
{
    MDB_cursor *cursor;
    MDB_val k, v;
    int rc = mdb_cursor_open(walk->txn, FREE_LIST, &cursor);
    while (!rc && (rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0)
        if (k.mv_size != sizeof(uint64_t) || !free_pages_are_good(walk, v))
            return false;
    return rc == MDB_NOTFOUND;
}

static bool has_our_layout(const struct walk *walk)
{
    MDB_val k = layout_val(SLICE(LAYOUT_META_LAYOUT)), v;
    unsigned long long layout;
    MDB_dbi dbi;
    return mdb_dbi_open(walk->txn, layout_table_name(LAYOUT_META), 0, &dbi) == 0 &&
           mdb_get(walk->txn, dbi, &k, &v) == 0 && slice_number(layout_slice(v), UINT64_MAX, &layout) &&
           layout == DIRECTORY_LAYOUT;
}

static int walk_all(const char *path)
{
    struct walk walk = {.env = NULL};
    MDB_envinfo info;
    int rc = mdb_env_create(&walk.env);
    if (rc || mdb_env_set_maxdbs(walk.env, LAYOUT_TABLES))
        return WALK_FAILED;
    rc = mdb_env_open(walk.env, path, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0660);
    if (rc)
        return rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH ? WALK_NOT_LMDB
                                                                                      : WALK_FAILED;
    if (mdb_txn_begin(walk.env, NULL, MDB_RDONLY, &walk.txn) || mdb_env_info(walk.env, &info))
        return WALK_FAILED;
    walk.last_page = info.me_last_pgno;
    walk.decode = has_our_layout(&walk);
    for (unsigned table = 0; table < LAYOUT_TABLES; table++)
        if (!walk_table(&walk, table))
            return WALK_TABLE + (int)table;
    return walk_free_list(&walk) ? WALK_GOOD : WALK_FREE_LIST;
}

static void __attribute__((noreturn)) run_child(const char *path, unsigned seconds, pid_t parent)
{
    static const int own[] = {SIGTERM, SIGINT, SIGHUP, SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    const struct rlimit none = {0, 0};
    sigset_t all;
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        signal(own[i], SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(WALK_FAILED);
    if (null >= 0)
        dup2(null, STDERR_FILENO); // an assertion of LMDB is our finding, not an event for the log
    alarm(seconds);
    _exit(walk_all(path));
}

static enum damage_rc judge(int status, struct problem *reason)
{
    if (WIFSIGNALED(status)) {
        problem_set(reason, "reading all of it ends with %s", strsignal(WTERMSIG(status)));
        return WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM
                   ? DAMAGE_UNKNOWN
                   : DAMAGE_FOUND;
    }
    switch (WEXITSTATUS(status)) {
    case WALK_GOOD:
        return DAMAGE_NONE;
    case WALK_FAILED:
        problem_set(reason, "it cannot be opened");
        return DAMAGE_UNKNOWN;
    case WALK_NOT_LMDB:
        problem_set(reason, "it is no LMDB file");
        return DAMAGE_FOUND;
    case WALK_FREE_LIST:
        problem_set(reason, "its list of free pages is invalid");
        return DAMAGE_FOUND;
    default:
        problem_set(reason, "its table %s cannot be read",
                    layout_table_name((unsigned)(WEXITSTATUS(status) - WALK_TABLE)));
        return DAMAGE_FOUND;
    }
}

enum damage_rc damage_walk(const char *path, unsigned seconds, struct problem *reason)
{
    pid_t parent = getpid(), child = fork();
    int status;
    reason->text[0] = '\0';
    if (child == 0)
        run_child(path, seconds, parent);
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            child = -1;
    if (child > 0)
        return judge(status, reason);
    problem_set(reason, "no process to read it: %s", strerror(errno));
    return DAMAGE_UNKNOWN;
}
