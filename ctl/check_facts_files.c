// SPDX-License-Identifier: BSD-2-Clause
// Files: the replica, the SPF worker, secrets, the mail log.
#include "base/clock.h"
#include "ctl/check/fact.h"
#include "ctl/check_facts.h"
#include "spfclient/spf_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { AGE_MAX = 60 }; // seconds, as docs/operations.md has it for the metric

// The replicator holds an exclusive lock while it runs. A shared one that is had at once is given back at
// once.
static void add_writer(struct check_facts *facts)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/writer.lock", facts->replica);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return;
    const bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
    check_facts_add(facts, "replica.writer", "%s", held ? "yes" : "no");
    if (fd >= 0)
        close(fd);
}

void check_facts_replica(struct check_facts *facts)
{
    char path[PATH_MAX];
    check_facts_add(facts, "replica.folder", "%s", facts->replica);
    add_writer(facts);
    if (!facts->rows) {
        check_facts_add(facts, "replica.problem", "%s", facts->replica_problem);
        return;
    }
    const int64_t checked = directory_checked_at(facts->rows);
    check_facts_add(facts, "replica.age_max", "%d", AGE_MAX);
    check_facts_add(facts, "replica.age", "%lld", checked ? (long long)(clock_wall() - checked) : -1LL);
    snprintf(path, sizeof path, "%s/data.mdb", facts->replica);
    check_facts_path(facts, "replica_data", path);
    snprintf(path, sizeof path, "%s/lock.mdb", facts->replica);
    check_facts_path(facts, "replica_lock", path);
}

// The account that executes it: the milter's, which may not become another one.
void check_facts_spf(struct check_facts *facts)
{
    char path[PATH_MAX] = "", account[64] = "";
    char installed[INSTALLATION_PATH_MAX];
    const struct postconf known = check_facts_read(facts);
    const struct slice problem = postconf_value(&known, "conf.milter.problem");
    spf_client_program("", installed);
    if (!facts->worker && problem.len > 0) {
        check_facts_add(facts, "spf.problem", "%.*s", (int)problem.len, problem.ptr);
        return;
    }
    if (facts->worker)
        snprintf(path, sizeof path, "%s", facts->worker);
    else if (!slice_copy(postconf_value(&known, "conf.milter.spf_worker"), path, sizeof path) || !path[0])
        (void)slice_copy(slice_from(installed), path, sizeof path);
    if (!slice_copy(postconf_value(&known, "conf.milter.user"), account, sizeof account) || !account[0])
        snprintf(account, sizeof account, "emailgency-milter");
    check_facts_add(facts, "program.spf_worker", "%s", installed);
    check_facts_add(facts, "spf.account", "%s", account);
    check_facts_path(facts, "spf_worker", path);
}

static void add_secret(struct check_facts *facts, size_t *n, struct slice account, const char *path)
{
    char key[64], name[64], owner[64];
    if (!path[0] || !slice_copy(account, owner, sizeof owner))
        return;
    snprintf(key, sizeof key, "secret.%zu.owner", *n);
    check_facts_add(facts, key, "%s", owner);
    snprintf(name, sizeof name, "secret.%zu", *n);
    check_facts_path(facts, name, path);
    ++*n;
}

// Options of files with secrets; a name without a slash is a credential of systemd.
static void add_options(struct check_facts *facts, size_t *n)
{
    static const char *const options[][2] = {{"replicator", "database_password_file"},
                                             {"policyd", "database_password_file"},
                                             {"policyd", "login_key_file"},
                                             {"milter", "database_password_file"},
                                             {"milter", "batv_keys_file"},
                                             {"notifier", "database_password_file"},
                                             {"notifier", "round_trip_key_file"},
                                             {"notifier", "round_trip_previous_key_file"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char path[PATH_MAX], account[64];
        const struct postconf known = check_facts_read(facts);
        (void)slice_copy(fact_text(&known, "conf.%s.%s", options[i][0], options[i][1]), path, sizeof path);
        if (!slice_copy(fact_text(&known, "conf.%s.user", options[i][0]), account, sizeof account) ||
            !account[0])
            snprintf(account, sizeof account, "emailgency-%s", options[i][0]);
        if (path[0] == '/')
            add_secret(facts, n, slice_from(account), path);
    }
}

// Returns whether a file holds "password=", outside a comment.
static bool has_password(const char *path)
{
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && getline(&line, &size, file) > 0)
        found = line[0] != ';' && line[0] != '#' && strstr(line, "password=");
    free(line);
    if (file)
        fclose(file);
    return found;
}

void check_facts_files(struct check_facts *facts)
{
    static const char *const queries[] = {"emailgency-deny.conf.ext", "emailgency-login.conf.ext"};
    char path[PATH_MAX];
    size_t n = 0;
    add_options(facts, &n);
    check_facts_account(facts, SLICE("emailgency-logins"));
    snprintf(path, sizeof path, "%s/logins.ini", facts->conf ? facts->conf : "/etc/emailgency");
    if (has_password(path))
        add_secret(facts, &n, SLICE("emailgency-logins"), path);
    const char *dovecot = facts->dovecot ? facts->dovecot : "/etc/dovecot/dovecot.conf";
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.*s/%s",
                 (int)(strrchr(dovecot, '/') ? strrchr(dovecot, '/') - dovecot : 0), dovecot, queries[i]);
        if (has_password(path))
            add_secret(facts, &n, SLICE("root"), path);
    }
}

// journald has it on the disk or, without that folder, in memory.
static void add_journal(struct check_facts *facts)
{
    static const char *const folders[] = {"/var/log/journal", "/run/log/journal"};
    char machine[64] = "", path[PATH_MAX];
    FILE *file = fopen("/etc/machine-id", "re");
    if (file && !fgets(machine, sizeof machine, file))
        machine[0] = '\0';
    if (file)
        fclose(file);
    machine[strcspn(machine, "\n")] = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/%s/system.journal", folders[i], machine);
        if (access(path, F_OK) < 0 && errno == ENOENT)
            continue;
        check_facts_path(facts, "journal", path);
        return;
    }
}

void check_facts_log(struct check_facts *facts)
{
    char log[PATH_MAX];
    const struct postconf known = check_facts_read(facts);
    if (!slice_copy(postconf_value(&known, "conf.tracker.mail_log"), log, sizeof log))
        return;
    check_facts_path(facts, "mail_log", log);
    check_facts_add(facts, "log.rule", "%s",
                    access("/etc/logrotate.d/emailgency-mail", F_OK) == 0 ? "yes" : "no");
    if (strcmp(log, "journal") == 0)
        add_journal(facts);
}
