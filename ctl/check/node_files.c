// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"
#include "ctl/check/node_check.h"

static const char *const daemons[] = {"replicator", "policyd",  "transportmap", "milter",
                                      "queuewatch", "notifier", "tracker",      "keeper"};

// The file of a daemon's options, by the daemon's own code.
static void check_conf(const struct node_check *check, const char *daemon)
{
    char file[256];
    const struct slice problem = fact_text(check->facts, "conf.%s.problem", daemon);
    if (!slice_copy(fact_text(check->facts, "conf.%s.file", daemon), file, sizeof file) || !file[0])
        return;
    if (problem.len == 0)
        finding_add(check->findings, FINDING_OK, file, NULL, NULL, "is right");
    else if (memmem(problem.ptr, problem.len, "denied", 6))
        finding_unknown(check->findings, file, problem);
    else
        finding_run(finding_add(check->findings, FINDING_ERROR, file, NULL, "the daemon does not start",
                                "%.*s", (int)problem.len, problem.ptr),
                    memmem(problem.ptr, problem.len, "No such file", 12) ? "install -D -m 0644 /dev/null %s"
                                                                         : "emailgency-%2$s -t -c %1$s",
                    file, daemon);
}

static void check_secret(const struct node_check *check, size_t n)
{
    char name[32], parameter[512], repair[1200];
    struct fact_path path;
    const struct slice owner = fact_text(check->facts, "secret.%zu.owner", n);
    snprintf(name, sizeof name, "secret.%zu", n);
    (void)slice_copy(fact_text(check->facts, "path.%s.at", name), parameter, sizeof parameter);
    snprintf(repair, sizeof repair, "chown %.*s %s && chmod 0400 %s", (int)owner.len, owner.ptr, parameter,
             parameter);
    const struct access_check access = {.facts = check->facts,
                                        .findings = check->findings,
                                        .path = name,
                                        .parameter = parameter,
                                        .account = owner,
                                        .bits = 4,
                                        .severity = FINDING_ERROR,
                                        .why = "the daemon that uses it does not start, or lacks the secret",
                                        .make = NULL,
                                        .repair = repair};
    const enum fact_access found = fact_path_access(check->facts, name, SLICE("root"), 4, &path);
    if (found == FACT_MAY && path.mode & 0027)
        finding_run(finding_add(check->findings, FINDING_ERROR, parameter, NULL,
                                path.mode & 0004 ? "every account of this host can read the secret"
                                                 : "another account can replace the secret",
                                "holds a secret, and has mode %04o", path.mode),
                    "%s", repair);
    else if (access_check(&access))
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "is secret: mode %04o", path.mode);
}

void node_files(const struct node_check *check)
{
    for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++)
        check_conf(check, daemons[i]);
    for (size_t n = 0; fact_text(check->facts, "path.secret.%zu.at", n).len > 0; n++)
        check_secret(check, n);
}
