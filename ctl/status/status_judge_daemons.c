// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/metric_text.h"
#include "ctl/status/status_judge.h"

#include <stdio.h>
#include <time.h>

// Texts about a daemon that is away.
struct daemon_words {
    const char *name;
    const char *effect; // while it is away
    const char *start, *restart;
    enum status_level level; // while it is away
};

#define WORDS(daemon, means, rank)                                                                           \
    {                                                                                                        \
        .name = (daemon), .effect = (means), .level = (rank),                                                \
        .start = "systemctl start emailgency-" daemon "; its log says why it ended",                         \
        .restart = "look at its log, then: systemctl restart emailgency-" daemon                             \
    }

static const struct daemon_words words[STATUS_DAEMONS] = {
    [STATUS_REPLICATOR] = WORDS("replicator", "edits of rows are not in force", STATUS_CRITICAL),
    [STATUS_POLICYD] = WORDS("policyd", "mail is accepted without its checks", STATUS_CRITICAL),
    [STATUS_TRANSPORTMAP] = WORDS("transportmap", "all mail is deferred", STATUS_CRITICAL),
    [STATUS_MILTER] = WORDS("milter", "mail is accepted without SPF and limits", STATUS_CRITICAL),
    [STATUS_QUEUEWATCH] = WORDS("queuewatch", "waiting mail is not counted", STATUS_WARNING),
    [STATUS_NOTIFIER] = WORDS("notifier", "servers are not probed, and no alerts are sent", STATUS_WARNING),
    [STATUS_TRACKER] =
        WORDS("tracker", "what happens to messages is not recorded until it runs again", STATUS_WARNING),
    [STATUS_KEEPER] =
        WORDS("keeper", "stored mail does not expire, and full mailboxes get no room", STATUS_WARNING),
};

static const struct daemon_words logins =
    WORDS("logins", "users who were not here before cannot log in", STATUS_CRITICAL);

static const struct daemon_words queuehold = {
    .name = "queuehold",
    .effect = "queued mail of denied logins goes on",
    .start = "systemctl start emailgency-queuehold.socket",
    .restart = "look at the log of emailgency-queuehold, then: systemctl restart emailgency-queuehold.socket",
    .level = STATUS_WARNING,
};

static const char as_root[] = "run this as root, or as an account that may read and connect there";

const char *status_daemon_name(enum status_daemon daemon)
{
    return words[daemon].name;
}

static void judge_away(const struct status_facts *facts, const struct daemon_words *word,
                       const struct status_seen *seen, struct status_report *report)
{
    switch (seen->answer) {
    case STATUS_REFUSED:
        status_report_add(report, word->level, word->name, word->start,
                          "does not run: nobody listens at %s; %s", seen->address, word->effect);
        break;
    case STATUS_SILENT:
        status_report_add(report, word->level, word->name, word->restart,
                          "does not answer at %s within %d s; %s", seen->address, facts->wait_s,
                          word->effect);
        break;
    case STATUS_GARBLED:
        status_report_add(report, STATUS_WARNING, word->name,
                          "see that no other program listens there, and that the daemon's file names it",
                          "something else answers at %s", seen->address);
        break;
    case STATUS_NO_ADDRESS:
        status_report_add(report, STATUS_UNKNOWN, word->name, "set metrics in its file to see it here",
                          "cannot look: its configuration has no address of metrics");
        break;
    default:
        status_report_add(report, STATUS_UNKNOWN, word->name, as_root, "cannot look: %s%s",
                          seen->problem ? "" : "this account may not connect to ",
                          seen->problem ? seen->problem : seen->address);
    }
}

// The version in the daemon's build_info; "" where its metrics have none.
static void find_version(const struct daemon_words *word, struct slice metrics, char *out, size_t size)
{
    char name[64];
    struct metric_sample sample;
    snprintf(name, sizeof name, "emailgency_%s_build_info", word->name);
    out[0] = '\0';
    while (metric_text_next(&metrics, &sample))
        if (slice_equal(sample.name, slice_from(name)) && metric_text_label(&sample, "version", out, size))
            return;
}

static void judge_running(const struct status_facts *facts, const struct daemon_words *word,
                          const struct status_seen *seen, struct status_report *report)
{
    char version[64], since[48] = "";
    double started;
    struct tm parts;
    find_version(word, seen->metrics, version, sizeof version);
    if (metric_text_find(seen->metrics, "process_start_time_seconds", &started) && started > 0 &&
        started < 1e11) {
        const time_t at = (time_t)started;
        if (gmtime_r(&at, &parts))
            (void)strftime(since, sizeof since, " since %Y-%m-%d %H:%M:%S UTC", &parts);
    }
    if (version[0] && strcmp(version, facts->version) != 0)
        status_report_add(report, STATUS_WARNING, word->name, word->restart,
                          "runs%s, version %s, but this program is of version %s", since, version,
                          facts->version);
    else
        status_report_add(report, STATUS_OK, word->name, NULL, "runs%s%s%s", since,
                          version[0] ? ", version " : "", version);
}

// Returns whether these are the metrics of this daemon.
static bool is_from(const struct daemon_words *word, struct slice metrics)
{
    char prefix[64];
    struct metric_sample sample;
    snprintf(prefix, sizeof prefix, "emailgency_%s_", word->name);
    while (metric_text_next(&metrics, &sample))
        if (slice_has_prefix(sample.name, slice_from(prefix)))
            return true;
    return false;
}

static void judge_socket(const struct status_facts *facts, const struct daemon_words *word,
                         const struct status_seen *seen, struct status_report *report)
{
    if (seen->answer == STATUS_ANSWERS)
        status_report_add(report, STATUS_OK, word->name, NULL, "answers at %s", seen->address);
    else
        judge_away(facts, word, seen, report);
}

void status_judge_daemons(const struct status_facts *facts, struct status_report *report)
{
    for (int i = 0; i < STATUS_DAEMONS; i++) {
        struct status_seen seen = facts->daemons[i];
        if (seen.answer == STATUS_ANSWERS && !is_from(&words[i], seen.metrics))
            seen.answer = STATUS_GARBLED;
        if (seen.answer == STATUS_ANSWERS)
            judge_running(facts, &words[i], &seen, report);
        else
            judge_away(facts, &words[i], &seen, report);
        if (seen.problem && seen.answer != STATUS_NO_RIGHT)
            status_report_add(report, STATUS_WARNING, words[i].name,
                              "correct the file; the daemon would not start again", "%s", seen.problem);
    }
    if (facts->has_logins)
        judge_socket(facts, &logins, &facts->logins, report);
    if (facts->has_queuehold)
        judge_socket(facts, &queuehold, &facts->queuehold, report);
}
