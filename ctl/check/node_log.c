// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

static const char *const why = "no message is traced, and no delivery is counted";

static void check_journal(const struct node_check *check, struct slice account, const char *file)
{
    struct fact_path path;
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = "journal",
                                        .parameter = "journal",
                                        .account = account,
                                        .bits = 4,
                                        .severity = FINDING_ERROR,
                                        .why = why,
                                        .repair = "systemd-sysusers; systemctl restart emailgency-tracker",
                                        .folder = "systemd-sysusers; systemctl restart emailgency-tracker"};
    if (fact_text(check->facts, "path.journal.at").len == 0)
        finding_write(
            finding_add(check->findings, FINDING_ERROR, "journal", NULL, why, "is not on this host"), file,
            "mail_log = /var/log/mail.log");
    else if (fact_path_access(check->facts, "journal", account, 4, &path) == FACT_MISSING ||
             access_check(&access))
        finding_add(check->findings, FINDING_OK, "journal", NULL, NULL, "can be read by %.*s",
                    (int)account.len, account.ptr);
}

// postlogd(8) makes a new file 0600 (Postfix src/postlogd), so that one that is right today is not after a
// rotation.
static void check_rotation(const struct node_check *check, const char *log)
{
    if (strcmp(log, "/var/log/mail.log") != 0 ||
        !slice_equal(postconf_value(check->facts, "maillog_file"), slice_from(log)) ||
        !slice_equal(fact_text(check->facts, "log.rule"), SLICE("no")))
        return;
    finding_run(
        finding_add(
            check->findings, FINDING_WARNING, log, NULL,
            "Postfix writes it, and makes it 0600 when it was rotated, which emailgency-tracker cannot read",
            "is not in /etc/logrotate.d/emailgency-mail"),
        "cp /usr/share/emailgency/logrotate/emailgency-mail /etc/logrotate.d/");
}

static void check_file(const struct node_check *check, struct slice account, const char *log,
                       const char *file)
{
    char repair[1200];
    struct fact_path path;
    snprintf(repair, sizeof repair, "chgrp adm %s && chmod 0640 %s", log, log);
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = "mail_log",
                                        .parameter = log,
                                        .account = account,
                                        .bits = 4,
                                        .severity = FINDING_ERROR,
                                        .why = why,
                                        .repair = repair};
    // A Debian without rsyslog has only the journal: mail flows, and the tracker waits.
    if (fact_path_access(check->facts, "mail_log", account, 4, &path) == FACT_MISSING) {
        finding_write(finding_add(check->findings, FINDING_WARNING, log, NULL, why, "%.*s",
                                  (int)path.problem.len, path.problem.ptr),
                      file, "mail_log = journal");
    } else if (access_check(&access)) {
        finding_add(check->findings, FINDING_OK, log, NULL, NULL, "can be read by %.*s", (int)account.len,
                    account.ptr);
        check_rotation(check, log);
    }
}

void node_log(const struct node_check *check)
{
    char log[512], file[256];
    struct slice account = fact_text(check->facts, "conf.tracker.user");
    const struct slice problem = fact_text(check->facts, "conf.tracker.problem");
    if (problem.len > 0) {
        finding_of_conf(check->findings, "mail_log", problem);
        return;
    }
    if (!slice_copy(fact_text(check->facts, "conf.tracker.mail_log"), log, sizeof log) || !log[0] ||
        !slice_copy(fact_text(check->facts, "conf.tracker.file"), file, sizeof file))
        return;
    if (account.len == 0)
        account = SLICE("emailgency-tracker");
    if (log[0] == '/')
        check_file(check, account, log, file);
    else if (strcmp(log, "journal") == 0)
        check_journal(check, account, file);
    else
        finding_add(check->findings, FINDING_OK, log, NULL, NULL,
                    "is not looked at: it is not this host's journal");
}
