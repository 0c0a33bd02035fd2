// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/status_judge.h"

#include "ctl/status/metric_text.h"

#include <inttypes.h>
#include <string.h>

// A metric of a daemon, without its prefix "emailgency_DAEMON_". Returns false if the daemon did not answer.
static bool find(const struct status_facts *facts, enum status_daemon daemon, const char *metric, double *out)
{
    char name[96];
    const struct status_seen *seen = &facts->daemons[daemon];
    snprintf(name, sizeof name, "emailgency_%s_%s", status_daemon_name(daemon), metric);
    return seen->answer == STATUS_ANSWERS && metric_text_find(seen->metrics, name, out);
}

static bool above(const struct status_facts *facts, enum status_daemon daemon, const char *metric,
                  double limit)
{
    double value;
    return find(facts, daemon, metric, &value) && value > limit;
}

static const char *plural(double count)
{
    return count == 1 ? "" : "s";
}

struct span_text {
    char text[32];
};

// "22 s", "3 h", in the largest unit of which there are two or more.
static struct span_text span(double seconds)
{
    static const struct {
        int64_t size;
        const char *word;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    struct span_text out;
    size_t i = 0;
    const int64_t whole = seconds > 0 && seconds < 1e12 ? (int64_t)seconds : 0;
    while (units[i].size > 1 && whole < 2 * units[i].size)
        i++;
    snprintf(out.text, sizeof out.text, "%" PRId64 " %s", whole / units[i].size, units[i].word);
    return out;
}

// The replica's age as its readers have it: the oldest, and whose it is. Returns false where none is known.
static bool find_age(const struct status_facts *facts, double *age, enum status_daemon *reader)
{
    bool known = false;
    double value;
    // The replicator's own -1 says that it has not proved it since its start, not that there is none.
    if (find(facts, STATUS_REPLICATOR, "lag_seconds", age) && *age >= 0) {
        *reader = STATUS_REPLICATOR;
        known = true;
    }
    for (int i = STATUS_POLICYD; i < STATUS_DAEMONS; i++) {
        if (!find(facts, (enum status_daemon)i, "replica_age_seconds", &value))
            continue;
        if (!known || (*age >= 0 && (value < 0 || value > *age))) {
            *age = value;
            *reader = (enum status_daemon)i;
        }
        known = true;
    }
    return known;
}

static const char see_replicator[] =
    "see that emailgency-replicator runs and `directory` is the same in all files; its log says the cause";

static void judge_age(const struct status_facts *facts, struct status_report *report)
{
    double age = -1, lag;
    enum status_daemon reader = STATUS_REPLICATOR;
    const bool known = find_age(facts, &age, &reader);
    if (!known && facts->replica.read && facts->replica.checked_at > 0)
        age = (double)(facts->now - facts->replica.checked_at);
    if (!known && !facts->replica.read && !facts->replica.missing)
        status_report_add(report, STATUS_UNKNOWN, "replica",
                          "run this as root, or as a member of group emailgency", "cannot look: %s",
                          facts->replica.problem ? facts->replica.problem : "no daemon answers");
    else if (age < 0)
        status_report_add(report, STATUS_CRITICAL, "replica", see_replicator, "%s%s",
                          known ? status_daemon_name(reader) : "there is no replica",
                          known ? " has no replica of the rows" : " of the rows that was proved current");
    else if (age > STATUS_JUDGE_REPLICA_AGE)
        status_report_add(report, STATUS_WARNING, "replica", see_replicator,
                          "old: last proved current %s ago; edits since then may not be in force",
                          span(age).text);
    // While no row changes the replica's note is written every 30 s; the replicator itself knows better.
    else if (find(facts, STATUS_REPLICATOR, "lag_seconds", &lag) && lag >= 0 &&
             lag <= STATUS_JUDGE_REPLICA_AGE)
        status_report_add(report, STATUS_OK, "replica", NULL, "current, proved %s ago", span(lag).text);
    else
        status_report_add(report, STATUS_OK, "replica", NULL, "current as of %s ago, noted every 30 s",
                          span(age).text);
    if (known || facts->replica.read)
        status_report_value(report, "replica_age", age, "s", "60");
}

// The latest migrations of the database and of the release; false where the replicator has not read them.
static bool find_schema(const struct status_facts *facts, double *has, double *needs)
{
    return find(facts, STATUS_REPLICATOR, "schema_version", has) &&
           find(facts, STATUS_REPLICATOR, "schema_needed", needs) && *has > 0;
}

static void judge_rounds(const struct status_facts *facts, struct status_report *report)
{
    double connected, has, needs;
    if (!above(facts, STATUS_REPLICATOR, "failing", 0) ||
        (find(facts, STATUS_REPLICATOR, "connected", &connected) && connected == 0) ||
        (find_schema(facts, &has, &needs) && has != needs))
        return; // the line of the database or of the schema says it
    if (above(facts, STATUS_REPLICATOR, "refused_reloads_total", 0))
        status_report_add(
            report, STATUS_WARNING, "replica",
            "look at: select count(*) from emailgency.domain; if it is right: "
            "select emailgency.confirm_reload()",
            "a reload was refused: it would drop over half of the domains; all stays as it was");
    else
        status_report_add(report, STATUS_WARNING, "replica",
                          "the log of emailgency-replicator has the cause after `the replica stays as it is`",
                          "the replica stays as it is: the last round failed");
}

static void judge_file(const struct status_facts *facts, struct status_report *report)
{
    double used, bound, value;
    if (find(facts, STATUS_REPLICATOR, "file_used_bytes", &used) &&
        find(facts, STATUS_REPLICATOR, "file_bound_bytes", &bound) && bound > 0) {
        if (used / bound > STATUS_JUDGE_FILE)
            status_report_add(report, STATUS_WARNING, "replica",
                              "raise map_size in replicator.conf and restart emailgency-replicator",
                              "its file is %.0f%% full", 100 * used / bound);
        status_report_value(report, "replica_file", 100 * used / bound, "%", "80");
    }
    if (find(facts, STATUS_REPLICATOR, "damaged_total", &value) && value > 0)
        status_report_add(
            report, STATUS_WARNING, "replica", "check the disk; data.mdb.damaged is the damaged file",
            "its file was damaged and loaded again; number of times since the replicator started: %.0f",
            value);
    if (find(facts, STATUS_REPLICATOR, "kinds_lagging", &value) && value > 0)
        status_report_add(report, STATUS_WARNING, "replica",
                          "the log of emailgency-replicator names the session that holds a lock",
                          "%.0f kinds of rows lag: a table is locked, or very many of its rows changed",
                          value);
}

static void add_word(char *list, size_t size, const char *word)
{
    const size_t len = strlen(list);
    snprintf(list + len, size - len, "%s%s", len ? ", " : "", word);
}

static void judge_database(const struct status_facts *facts, struct status_report *report)
{
    static const char *const metrics[STATUS_DAEMONS] = {
        [STATUS_REPLICATOR] = "emailgency_replicator_connected",
        [STATUS_POLICYD] = "emailgency_policyd_greylist_database_up",
        [STATUS_MILTER] = "emailgency_activity_database_up",
        [STATUS_NOTIFIER] = "emailgency_notifier_database_up",
        [STATUS_TRACKER] = "emailgency_tracker_database_up"};
    char with[128] = "", without[128] = "";
    double value;
    for (int i = 0; i < STATUS_DAEMONS; i++)
        if (metrics[i] && facts->daemons[i].answer == STATUS_ANSWERS &&
            metric_text_find(facts->daemons[i].metrics, metrics[i], &value))
            add_word(value > 0 ? with : without, sizeof with, status_daemon_name((enum status_daemon)i));
    if (without[0])
        status_report_add(
            report, STATUS_WARNING, "database",
            "bring PostgreSQL back, or see the daemon's log; mail flows meanwhile, and counts wait",
            "no connection: %s%s%s", without, with[0] ? "; connected: " : "", with);
    else if (with[0])
        status_report_add(report, STATUS_OK, "database", NULL, "connected: %s", with);
    else
        status_report_add(report, STATUS_UNKNOWN, "database", NULL, "cannot look: no daemon says it");
    if (find(facts, STATUS_REPLICATOR, "notification_queue_usage", &value)) {
        if (value > STATUS_JUDGE_NOTIFICATIONS)
            status_report_add(report, STATUS_WARNING, "database",
                              "the log of emailgency-replicator names the sessions that may hold it",
                              "its notification queue is %.0f%% full", 100 * value);
        status_report_value(report, "notification_queue", 100 * value, "%", "2");
    }
}

static void judge_schema(const struct status_facts *facts, struct status_report *report)
{
    double has, needs;
    if (!find_schema(facts, &has, &needs))
        status_report_add(report, STATUS_UNKNOWN, "schema", NULL,
                          "cannot look: emailgency-replicator has not read it");
    else if (has < needs)
        status_report_add(report, STATUS_WARNING, "schema", "run emailgency-migrate",
                          "the database ends at migration %.0f, and this release needs %.0f; edits wait", has,
                          needs);
    else if (has > needs)
        status_report_add(report, STATUS_WARNING, "schema", "install the release that migrated the database",
                          "the database ends at migration %.0f, and this release at %.0f; edits wait", has,
                          needs);
    else
        status_report_add(report, STATUS_OK, "schema", NULL, "migration %.0f, as this release needs", has);
}

static void judge_workers(const struct status_facts *facts, struct status_report *report)
{
    double running;
    if (!find(facts, STATUS_MILTER, "spf_workers", &running)) {
        status_report_add(report, STATUS_UNKNOWN, "spf", NULL,
                          "cannot look: emailgency-milter does not answer");
        return;
    }
    const int64_t wanted = facts->spf_workers > 0 ? facts->spf_workers : 1;
    char range[24];
    if (running < (double)wanted)
        status_report_add(report, running > 0 ? STATUS_WARNING : STATUS_CRITICAL, "spf",
                          "the milter's log says why: see spf_worker and spf_worker_user in milter.conf",
                          "%.0f of %" PRId64 " SPF workers run%s", running, wanted,
                          running > 0 ? "" : "; each check is temperror");
    else
        status_report_add(report, STATUS_OK, "spf", NULL, "%.0f SPF workers run", running);
    snprintf(range, sizeof range, "%" PRId64 ":", wanted);
    status_report_value(report, "spf_workers", running, "", range);
}

// A metric that policyd and the milter have under one name.
static double sum_activity(const struct status_facts *facts, const char *name, bool *known)
{
    static const enum status_daemon daemons[] = {STATUS_POLICYD, STATUS_MILTER};
    double sum = 0, value;
    for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++) {
        const struct status_seen *seen = &facts->daemons[daemons[i]];
        if (seen->answer == STATUS_ANSWERS && metric_text_find(seen->metrics, name, &value)) {
            sum += value;
            *known = true;
        }
    }
    return sum;
}

static void judge_spools(const struct status_facts *facts, struct status_report *report)
{
    bool known = false;
    const double waiting = sum_activity(facts, "emailgency_activity_batches_waiting", &known);
    const double dropped = sum_activity(facts, "emailgency_activity_dropped_total", &known);
    if (!known) {
        status_report_add(report, STATUS_UNKNOWN, "spools", NULL,
                          "cannot look: neither policyd nor the milter answers");
        return;
    }
    if (waiting > STATUS_JUDGE_BATCHES)
        status_report_add(report, STATUS_WARNING, "spools",
                          "bring PostgreSQL back; if it is there, see the daemons' logs for refused batches",
                          "batches of counts that wait for the database: %.0f", waiting);
    if (dropped > 0)
        status_report_add(report, STATUS_WARNING, "spools",
                          "add memory; restart the daemons to clear this line",
                          "counts that were lost because memory was short: %.0f", dropped);
    if (!status_report_raised(report, "spools"))
        status_report_add(report, STATUS_OK, "spools", NULL,
                          "batches of counts that wait for the database: %.0f", waiting);
    status_report_value(report, "batches_waiting", waiting, "", "10");
}

static void judge_queue(const struct status_facts *facts, struct status_report *report)
{
    const struct status_queue *queue = &facts->queue;
    const struct queue_summary *sum = &queue->summary;
    char age[64] = "", held[64] = "";
    if (queue->stopped)
        status_report_add(report, STATUS_CRITICAL, "queue", "systemctl start postfix",
                          "Postfix does not run: no mail is taken or delivered");
    else if (!queue->known)
        status_report_add(report, STATUS_UNKNOWN, "queue", NULL, "cannot look: %s", queue->problem.text);
    if (!queue->known)
        return;
    if (sum->oldest > 0)
        snprintf(age, sizeof age, "; the oldest is %s old", span((double)(facts->now - sum->oldest)).text);
    if (sum->held > 0)
        snprintf(held, sizeof held, ", %" PRId64 " held", sum->held);
    status_report_add(report, STATUS_OK, "queue", NULL, "%s%" PRId64 " message%s, %" PRId64 " deferred%s%s",
                      queue->cut ? "at least " : "", sum->messages, plural((double)sum->messages),
                      sum->deferred, held, age);
    status_report_value(report, "queue", (double)sum->messages, "", "");
    status_report_value(report, "queue_deferred", (double)sum->deferred, "", "");
    status_report_value(report, "queue_oldest", sum->oldest > 0 ? (double)(facts->now - sum->oldest) : 0, "s",
                        "");
}

static void judge_domains(const struct status_facts *facts, struct status_report *report)
{
    double count = (double)facts->replica.best_mx;
    if (!find(facts, STATUS_NOTIFIER, "best_mx_domains", &count) && !facts->replica.read) {
        status_report_add(report, STATUS_UNKNOWN, "domains", NULL, "cannot look: no daemon says it");
        return;
    }
    if (count > 0)
        status_report_add(report, STATUS_WARNING, "domains",
                          "set domain.transport, or have the customer correct the MX records; "
                          "select * from emailgency.domain_status where problem is not null",
                          "the best MX of %.0f domain%s is this service, so their mail waits%s%s", count,
                          plural(count), facts->replica.names[0] ? ": " : "", facts->replica.names);
    else
        status_report_add(report, STATUS_OK, "domains", NULL, "no open problem");
    status_report_value(report, "best_mx_domains", count, "", "0");
}

// DNS lists that are left out now. A list may be back in a minute, so this raises nothing.
static void judge_lists(const struct status_facts *facts, struct status_report *report)
{
    struct metric_sample sample;
    char zone[128], names[256] = "";
    struct slice rest = facts->daemons[STATUS_POLICYD].metrics;
    while (facts->daemons[STATUS_POLICYD].answer == STATUS_ANSWERS && metric_text_next(&rest, &sample))
        if (slice_equal(sample.name, SLICE("emailgency_policyd_dnsbl_cut_out")) && sample.value > 0 &&
            metric_text_label(&sample, "zone", zone, sizeof zone))
            add_word(names, sizeof names, zone);
    if (names[0])
        status_report_add(report, STATUS_OK, "dnsbl",
                          "correct or delete the row of a list that stays so for a day",
                          "left out, since they do not answer: %s", names);
}

static void judge_greylist(const struct status_facts *facts, struct status_report *report)
{
    double keys;
    if (facts->greylist_cache > 0 && find(facts, STATUS_POLICYD, "greylist_passed_keys", &keys) &&
        keys >= (double)facts->greylist_cache)
        status_report_add(report, STATUS_WARNING, "greylist", "raise greylist_cache in policyd.conf",
                          "the memory of passed keys is full (%" PRId64 ")", facts->greylist_cache);
}

static void judge_store(const struct status_facts *facts, struct status_report *report)
{
    if (above(facts, STATUS_KEEPER, "database_differs", 0))
        status_report_add(
            report, STATUS_WARNING, "store",
            "install the release that migrated the database, or run emailgency-migrate of this one",
            "the keeper and the database are of different releases: stored mail does not expire, is not "
            "counted and not sorted");
    if (above(facts, STATUS_KEEPER, "dovecot_differs", 0))
        status_report_add(report, STATUS_WARNING, "store",
                          "copy emailgency-store.conf of this release to /etc/dovecot, and reload Dovecot",
                          "Dovecot has another release's configuration of the store: stored mail does not "
                          "expire and is not sorted");
}

void status_judge(const struct status_facts *facts, struct status_report *report)
{
    *report = (struct status_report){.count = 0};
    status_judge_daemons(facts, report);
    judge_age(facts, report);
    judge_rounds(facts, report);
    judge_file(facts, report);
    judge_database(facts, report);
    judge_schema(facts, report);
    judge_workers(facts, report);
    judge_spools(facts, report);
    judge_queue(facts, report);
    judge_domains(facts, report);
    judge_lists(facts, report);
    judge_greylist(facts, report);
    judge_store(facts, report);
}
