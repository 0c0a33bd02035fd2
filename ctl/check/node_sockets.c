// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

// A daemon whose file names another socket does not make this socket.
static bool listens_elsewhere(const struct node_check *check, const char *daemon, const char *path)
{
    const struct slice listen = fact_text(check->facts, "conf.%s.listen", daemon);
    char file[256];
    if (listen.len == 0 || slice_equal(slice_skip(listen, strlen("unix:")), slice_from(path)) ||
        !slice_copy(fact_text(check->facts, "conf.%s.file", daemon), file, sizeof file))
        return false;
    finding_write(finding_add(check->findings, FINDING_ERROR, path, NULL,
                              "Postfix cannot connect to the daemon",
                              "is not there: the daemon listens on %.*s", (int)listen.len, listen.ptr),
                  file, "listen = \"unix:%s\"", path);
    return true;
}

static void check_socket(const struct node_check *check, const char *daemon)
{
    char path[512], name[64], start[256], repair[1200];
    const struct slice owner = postconf_value(check->facts, "mail_owner");
    struct fact_path at;
    snprintf(name, sizeof name, "socket.%s", daemon);
    const bool by_systemd = strcmp(daemon, "milter") != 0;
    snprintf(start, sizeof start, "systemd-tmpfiles --create; systemctl restart %s%s%semailgency-%s",
             by_systemd ? "emailgency-" : "", by_systemd ? daemon : "", by_systemd ? ".socket " : "", daemon);
    if (!slice_copy(fact_text(check->facts, "path.%s.at", name), path, sizeof path) || !path[0])
        return;
    snprintf(repair, sizeof repair, "chgrp postfix %s && chmod 0660 %s", path, path);
    const enum fact_access found = fact_path_access(check->facts, name, owner, 2, &at);
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = name,
                                        .parameter = path,
                                        .account = owner,
                                        .bits = 2,
                                        .severity = FINDING_ERROR,
                                        .why = "Postfix's requests fail",
                                        .make = start,
                                        .repair = repair,
                                        .folder = "systemd-tmpfiles --create"};
    if (found == FACT_MISSING && listens_elsewhere(check, daemon, path))
        return;
    if (!access_check(&access))
        return;
    if (at.mode & 2 && at.is_open)
        finding_run(finding_add(check->findings, FINDING_WARNING, path, NULL,
                                "every account of this host may query the rows through it", "has mode %04o",
                                at.mode),
                    "chmod 0660 %s", path);
    else
        finding_add(check->findings, FINDING_OK, path, NULL, NULL, "Postfix may connect");
}

// Of emailgency-queuehold, which the notifier asks.
static void check_queuehold(const struct node_check *check)
{
    static const char restart[] = "systemctl restart emailgency-queuehold.socket";
    char path[512];
    const struct slice user = fact_text(check->facts, "conf.notifier.user");
    if (!slice_copy(fact_text(check->facts, "path.socket.queuehold.at"), path, sizeof path) || !path[0])
        return;
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = "socket.queuehold",
                                        .parameter = path,
                                        .account = user.len > 0 ? user : SLICE("emailgency-notifier"),
                                        .bits = 2,
                                        .severity = FINDING_WARNING,
                                        .why = "queued mail of users who may not send is not held",
                                        .make = "systemctl start emailgency-queuehold.socket",
                                        .repair = restart,
                                        .folder = restart};
    if (access_check(&access))
        finding_add(check->findings, FINDING_OK, path, NULL, NULL, "the notifier may connect");
}

void node_sockets(const struct node_check *check, bool milter)
{
    check_socket(check, "policyd");
    check_socket(check, "transportmap");
    if (milter)
        check_socket(check, "milter");
    check_queuehold(check);
}
