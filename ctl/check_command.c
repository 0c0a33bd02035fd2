// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check_command.h"

#include "base/log.h"
#include "ctl/check/node_check.h"
#include "ctl/check_facts.h"

#include <string.h>
#include <sysexits.h>

enum { CONFIG, MILTER, DIRECTORY, JSON, CONF, DOVECOT, DNS, ADMIN, WORKER, VERBOSE };

// clang-format off
#define POSTFIX_OPTIONS                                                                                      \
    [CONFIG] = {"config", 'c', "DIR", "EMG_POSTFIX", NULL, "Postfix's configuration directory"},             \
    [MILTER] = {"milter", 0, "SOCKET", NULL, POSTFIX_CHECK_MILTER,                                           \
                "the milter, as smtpd_milters must name it"},                                                \
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", "/var/lib/emailgency/replica", "the node's replica"}, \
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON object per line"}
// clang-format on

static const struct ctl_option postfix_options[] = {POSTFIX_OPTIONS, {.name = NULL}};

static const struct ctl_option options[] = {
    POSTFIX_OPTIONS,
    [CONF] = {"conf", 0, "DIR", "EMG_CONF", NULL, "folder of the daemons' files; else /etc/emailgency"},
    [DOVECOT] = {"dovecot", 0, "FILE", "EMG_DOVECOT", NULL, "dovecot.conf; else Dovecot's own"},
    [DNS] = {"dns", 0, "HOST:PORT", "EMG_DNS", NULL, "the DNS server to ask, if not policyd's"},
    [ADMIN] = {"admin", 0, "CONNINFO", NULL, NULL, "a superuser's connection to PostgreSQL"},
    [WORKER] = {"worker", 0, "PATH", NULL, NULL, "emailgency-spf-worker, if not the milter's"},
    [VERBOSE] = {"verbose", 'v', NULL, NULL, NULL, "print what is right, too"},
    {.name = NULL},
};

// A run of the command.
struct checking {
    struct check_facts facts;
    struct directory *directory;
    const char *milter;
    bool has_postfix;
    struct check_rows summary;
    struct findings *findings;
};

static void check_postfix(const struct node_check *node, const struct checking *checking)
{
    const struct postfix_check check = {.postconf = node->facts,
                                        .rows = node->rows,
                                        .summary = node->summary,
                                        .milter = checking->milter,
                                        .findings = node->findings};
    if (!checking->has_postfix)
        return;
    postfix_check(&check);
    node_sockets(node, strcmp(checking->milter, POSTFIX_CHECK_MILTER) == 0);
    node_disk_queue(node);
}

static void collect_postfix(struct check_facts *facts)
{
    check_facts_postfix(facts);
    check_facts_queue(facts);
}

static void collect_dovecot(struct check_facts *facts)
{
    check_facts_dovecot(facts);
    check_facts_logins(facts);
}

struct subject {
    const char *name;
    void (*collect)(struct check_facts *facts);   // NULL: nothing more
    void (*check)(const struct node_check *node); // NULL: check_postfix
};

static const struct subject subjects[] = {
    {"postfix", collect_postfix, NULL},
    {"dovecot", collect_dovecot, dovecot_check},
    {"postgresql", check_facts_postgresql, postgresql_check},
    {"replica", check_facts_replica, node_replica},
    {"spf", check_facts_spf, node_spf_worker},
    {"files", check_facts_files, node_files},
    {"log", check_facts_log, node_log},
    {"settings", NULL, node_settings},
    {"dns", check_facts_dns, node_dns},
    {"disk", check_facts_disk, node_disk},
    {"console", check_facts_console, console_check},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static bool is_subject(const char *name)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        if (strcmp(subjects[i].name, name) == 0)
            return true;
    fprintf(stderr, "emailgencyctl: check %s: there is no such subject; use one of",
            log_text(slice_from(name)).text);
    for (size_t i = 0; i < SUBJECTS; i++)
        fprintf(stderr, " %s", subjects[i].name);
    fputc('\n', stderr);
    return false;
}

static void run_subject(struct checking *checking, const struct subject *subject)
{
    checking->findings->subject = subject->name;
    if (subject->collect)
        subject->collect(&checking->facts);
    const struct postconf known = check_facts_read(&checking->facts);
    const struct node_check node = {.facts = &known,
                                    .rows = checking->facts.rows,
                                    .summary = &checking->summary,
                                    .findings = checking->findings};
    if (subject->check)
        subject->check(&node);
    else
        check_postfix(&node, checking);
}

static void open_replica(struct checking *checking)
{
    struct check_facts *facts = &checking->facts;
    checking->directory = directory_create(facts->replica);
    if (checking->directory && directory_begin(checking->directory, &facts->rows) == DIRECTORY_OK)
        check_rows_read(facts->rows, &checking->summary);
    else {
        facts->rows = NULL;
        facts->replica_problem =
            checking->directory ? directory_problem(checking->directory) : "out of memory";
    }
}

// Without rows half of the checks of Postfix cannot be made: that is a finding there, too.
static void add_replica(struct checking *checking)
{
    const char *problem = checking->facts.replica_problem;
    if (!problem)
        return;
    if (strstr(problem, "denied"))
        finding_unknown(checking->findings, "replica", slice_from(problem));
    else
        finding_run(finding_add(checking->findings, FINDING_ERROR, "replica", NULL,
                                "until emailgency-replicator has filled it, all mail is deferred", "%s: %s",
                                checking->facts.replica, problem),
                    "systemctl enable --now emailgency-replicator");
}

static bool read_postfix(struct checking *checking, const char *only)
{
    struct problem problem;
    checking->has_postfix = check_facts_postconf(&checking->facts, &problem);
    if (checking->has_postfix)
        return true;
    if (only && strcmp(only, "postfix") == 0) {
        fprintf(stderr, "emailgencyctl: %s: %s\n",
                checking->facts.postfix ? checking->facts.postfix : "check postfix", problem.text);
        return false;
    }
    checking->findings->subject = "postfix";
    if (!only)
        finding_run(finding_add(checking->findings, FINDING_ERROR, "postconf", NULL, "no mail is received",
                                "%s", problem.text),
                    "%s",
                    strncmp(problem.text, "there is no", 11) == 0 ? "apt install postfix" : "postfix check");
    return true;
}

static void check_all(struct checking *checking, const char *only)
{
    open_replica(checking);
    check_facts_conf(&checking->facts);
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (only && strcmp(only, subjects[i].name) != 0)
            continue;
        run_subject(checking, &subjects[i]);
        if (only && !subjects[i].check)
            add_replica(checking); // else the replica's own subject says so
    }
    if (checking->facts.rows)
        directory_end(checking->directory);
    directory_destroy(checking->directory);
}

static int print(const struct findings *findings, bool json, bool verbose)
{
    const bool done = json      ? finding_print_json(findings, stdout)
                      : verbose ? finding_print(findings, stdout)
                                : finding_print_brief(findings, stdout);
    if (!done)
        return EX_IOERR;
    return findings->errors > 0 ? EX_CONFIG : findings->unknown > 0 ? EX_NOPERM : EX_OK;
}

static int run_with(struct checking *checking, const char *only, bool json, bool verbose)
{
    static struct findings findings;
    checking->findings = &findings;
    check_facts_init(&checking->facts);
    const bool found = read_postfix(checking, only);
    if (found)
        check_all(checking, only);
    check_facts_finish(&checking->facts);
    return found ? print(&findings, json, verbose) : EX_UNAVAILABLE;
}

static int run(char *const *operands, const char *const *values)
{
    struct checking checking = {.facts = {.postfix = values[CONFIG],
                                          .conf = values[CONF],
                                          .dovecot = values[DOVECOT],
                                          .replica = values[DIRECTORY],
                                          .dns = values[DNS],
                                          .admin = values[ADMIN],
                                          .worker = values[WORKER]},
                                .milter = values[MILTER]};
    if (operands[0] && !is_subject(operands[0]))
        return EX_USAGE;
    return run_with(&checking, operands[0], values[JSON] != NULL, values[VERBOSE] != NULL);
}

static int run_postfix(char *const *operands, const char *const *values)
{
    struct checking checking = {.facts = {.postfix = values[CONFIG], .replica = values[DIRECTORY]},
                                .milter = values[MILTER]};
    (void)operands;
    return run_with(&checking, "postfix", values[JSON] != NULL, true);
}

const struct ctl_command check_command = {
    .name = "check",
    .operands = "[SUBJECT]",
    .summary = "find what is wrong on this node, and say what to write or run",
    .options = options,
    .run = run,
};

const struct ctl_command check_postfix_command = {
    .name = "check-postfix",
    .summary = "the same as check postfix --verbose",
    .options = postfix_options,
    .run = run_postfix,
};
