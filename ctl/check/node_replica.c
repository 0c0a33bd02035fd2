// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

#define LOOK "systemctl restart emailgency-replicator; journalctl -u emailgency-replicator -n 20"

static void check_age(const struct node_check *check)
{
    static const char *const name = "replica.age";
    int64_t age, most;
    if (!fact_number(check->facts, &age, "replica.age") ||
        !fact_number(check->facts, &most, "replica.age_max"))
        return;
    if (age < 0)
        finding_run(finding_add(check->findings, FINDING_ERROR, name, NULL,
                                "nothing proves that it holds all rows",
                                "was never compared with the database"),
                    LOOK);
    else if (age > most)
        finding_run(finding_add(check->findings, FINDING_ERROR, name, NULL,
                                "edits of rows are not in force on this node",
                                "was current %lld s ago, and should have been within %lld s", (long long)age,
                                (long long)most),
                    LOOK);
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "was current %lld s ago", (long long)age);
}

// A reader writes its place into lock.mdb, the table of readers.
static bool may_use(const struct node_check *check, const char *parameter, struct slice account, bool is_lock)
{
    static const char *const why = "it cannot read the rows: mail is deferred, or not filtered";
    char folder[512], repair[600];
    const struct slice at = fact_text(check->facts, "replica.folder");
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = is_lock ? "replica_lock" : "replica_data",
                                        .parameter = parameter,
                                        .account = account,
                                        .bits = is_lock ? 6 : 4,
                                        .severity = FINDING_ERROR,
                                        .why = why,
                                        .make = LOOK,
                                        .repair = repair,
                                        .folder = folder};
    snprintf(folder, sizeof folder, "chgrp emailgency %.*s && chmod 2750 %.*s", (int)at.len, at.ptr,
             (int)at.len, at.ptr);
    snprintf(repair, sizeof repair,
             "cd %.*s && chgrp emailgency data.mdb lock.mdb && chmod 0640 data.mdb && chmod 0660 lock.mdb",
             (int)at.len, at.ptr);
    return access_check(&access);
}

static bool check_reader(const struct node_check *check, const char *daemon)
{
    char parameter[64], who[64];
    struct slice account = fact_text(check->facts, "conf.%s.user", daemon);
    snprintf(parameter, sizeof parameter, "replica.%s", daemon);
    snprintf(who, sizeof who, "emailgency-%s", daemon);
    if (account.len == 0)
        account = slice_from(who);
    if (!may_use(check, parameter, account, false) || !may_use(check, parameter, account, true))
        return false;
    finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "may read it");
    return true;
}

void node_replica(const struct node_check *check)
{
    static const char *const readers[] = {"policyd",    "transportmap", "milter",
                                          "queuewatch", "notifier",     "keeper"};
    const struct slice problem = fact_text(check->facts, "replica.problem");
    const struct slice writer = fact_text(check->facts, "replica.writer");
    if (problem.len > 0 && memmem(problem.ptr, problem.len, "denied", 6)) {
        finding_unknown(check->findings, "replica", problem);
        return;
    }
    if (problem.len > 0)
        finding_run(finding_add(check->findings, FINDING_ERROR, "replica", NULL,
                                "until emailgency-replicator has filled it, all mail is deferred", "%.*s",
                                (int)problem.len, problem.ptr),
                    "systemctl enable --now emailgency-replicator");
    if (slice_equal(writer, SLICE("no")))
        finding_run(finding_add(check->findings, FINDING_ERROR, "replica.writer", NULL,
                                "edits of rows are not in force on this node", "no replicator runs"),
                    "systemctl enable --now emailgency-replicator");
    else if (slice_equal(writer, SLICE("yes")))
        finding_add(check->findings, FINDING_OK, "replica.writer", NULL, NULL, "the replicator runs");
    if (problem.len > 0)
        return;
    check_age(check);
    // One that may not is enough: the others have the same remedy.
    for (size_t i = 0; i < sizeof readers / sizeof readers[0] && check_reader(check, readers[i]); i++)
        ;
}

void node_spf_worker(const struct node_check *check)
{
    char repair[600], folder[1200];
    const struct slice place = fact_text(check->facts, "program.spf_worker");
    const struct slice problem = fact_text(check->facts, "spf.problem"); // of milter.conf
    const struct slice path = fact_text(check->facts, "path.spf_worker.at"),
                       account = fact_text(check->facts, "spf.account");
    const struct access_check access = {
        .facts = check->facts,
        .findings = check->findings,
        .path = "spf_worker",
        .parameter = "spf_worker",
        .account = account,
        .bits = 1,
        .severity = FINDING_ERROR,
        .why = "SPF is not evaluated: each result is temperror, and forged mail is accepted",
        .make = "find / -xdev -name emailgency-spf-worker -perm -1 # name it in milter.conf: "
                "spf_worker = PATH",
        .repair = repair,
        .folder = folder};
    snprintf(folder, sizeof folder,
             "install -D -m 0755 %.*s %.*s # and leave spf_worker in milter.conf empty", (int)path.len,
             path.ptr, (int)place.len, place.ptr);
    snprintf(repair, sizeof repair, "chmod 0755 %.*s", (int)path.len, path.ptr);
    if (problem.len > 0)
        finding_of_conf(check->findings, "spf_worker", problem);
    else if (path.len > 0 && access_check(&access))
        finding_add(check->findings, FINDING_OK, "spf_worker", NULL, NULL, "%.*s may run %.*s",
                    (int)account.len, account.ptr, (int)path.len, path.ptr);
}
