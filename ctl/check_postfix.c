// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check_postfix.h"

#include "ctl/check/postfix_check.h"
#include "ctl/postconf_run.h"
#include "ctl/sockets.h"

#include <stdlib.h>
#include <sysexits.h>

enum { CONFIG, MILTER, DIRECTORY, JSON };
static const struct ctl_option options[] = {
    [CONFIG] = {"config", 'c', "DIR", "EMG_POSTFIX", NULL, "the instance's configuration directory"},
    [MILTER] = {"milter", 0, "SOCKET", NULL, POSTFIX_CHECK_MILTER,
                "the milter, as smtpd_milters must name it"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", "/var/lib/emailgency/replica", "the node's replica"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON object per line"},
    {.name = NULL},
};

static void check_with(const struct postconf *postconf, const struct directory_snapshot *rows,
                       const char *milter, struct findings *findings)
{
    struct check_rows summary = {.known = false};
    const struct postfix_check check = {
        .postconf = postconf, .rows = rows, .summary = &summary, .milter = milter, .findings = findings};
    if (rows)
        check_rows_read(rows, &summary);
    postfix_check(&check);
}

static void check_instance(const struct postconf *postconf, const char *const *values,
                           struct findings *findings)
{
    const char *path = values[DIRECTORY], *milter = values[MILTER];
    const struct directory_snapshot *rows = NULL;
    struct directory *directory = directory_create(path);
    if (directory && directory_begin(directory, &rows) == DIRECTORY_OK) {
        check_with(postconf, rows, milter, findings);
        directory_end(directory);
    } else {
        check_with(postconf, NULL, milter, findings);
        finding_add(findings, FINDING_ERROR, "replica", NULL,
                    "until emailgency-replicator has filled it, all mail is deferred", "%s: %s", path,
                    directory ? directory_problem(directory) : "out of memory");
    }
    sockets_check(postconf, strcmp(milter, POSTFIX_CHECK_MILTER) == 0, findings);
    directory_destroy(directory);
}

static int run(char *const *operands, const char *const *values)
{
    static struct findings findings;
    const char *problem;
    (void)operands;
    char *text = postconf_run(values[CONFIG], &problem);
    if (!text) {
        fprintf(stderr, "emailgencyctl: %s: %s\n", values[CONFIG] ? values[CONFIG] : "check-postfix",
                problem);
        return EX_UNAVAILABLE;
    }
    const struct postconf postconf = {.text = slice_from(text)};
    check_instance(&postconf, values, &findings);
    const bool done = values[JSON] ? finding_print_json(&findings, stdout) : finding_print(&findings, stdout);
    free(text);
    if (!done)
        return EX_IOERR;
    return findings.errors > 0 ? EX_CONFIG : EX_OK;
}

const struct ctl_command check_postfix_command = {
    .name = "check-postfix",
    .summary = "compare a Postfix instance with the rows",
    .options = options,
    .run = run,
};
