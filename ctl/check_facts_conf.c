// SPDX-License-Identifier: BSD-2-Clause
// The daemons' options, by the daemons themselves: -p prints those in force.
#include "ctl/check_facts.h"
#include "ctl/child.h"

#include <stdlib.h>

#define FOLDER "/etc/emailgency"

static const char *const daemons[] = {"replicator", "policyd",  "transportmap", "milter",
                                      "queuewatch", "notifier", "tracker",      "keeper"};

// `"text"` with \", \\ and \$ for the characters (conf/conf.h).
static void unquote(struct slice value, char *out, size_t size)
{
    size_t len = 0;
    const bool quoted = value.len > 1 && value.ptr[0] == '"';
    for (size_t i = quoted; i + quoted < value.len && len + 1 < size; i++) {
        if (quoted && value.ptr[i] == '\\' && i + 1 < value.len)
            i++;
        out[len++] = value.ptr[i];
    }
    out[len] = '\0';
}

static void add_options(struct check_facts *facts, const char *daemon, const char *text)
{
    struct postconf printed = {.text = slice_from(text)};
    struct slice name, value;
    char key[128], plain[2048];
    while (postconf_parameter(&printed.text, &name, &value)) {
        snprintf(key, sizeof key, "conf.%s.%.*s", daemon, (int)name.len, name.ptr);
        unquote(value, plain, sizeof plain);
        check_facts_add(facts, key, "%s", plain);
    }
}

static void add_problem(struct check_facts *facts, const char *daemon, const char *text)
{
    char key[64];
    snprintf(key, sizeof key, "conf.%s.problem", daemon);
    check_facts_add(facts, key, "%s", text);
}

// The daemon decides what a missing file at the usual place is; -c names another place only.
static void add_daemon(struct check_facts *facts, const char *daemon)
{
    char program[4096], file[4096], key[64];
    struct problem problem;
    snprintf(file, sizeof file, "%s/%s.conf", facts->conf ? facts->conf : FOLDER, daemon);
    snprintf(key, sizeof key, "conf.%s.file", daemon);
    check_facts_add(facts, key, "%s", file);
    if (!check_facts_program(daemon, program, sizeof program)) {
        add_problem(facts, daemon, "the program is not installed beside emailgencyctl");
        return;
    }
    const char *const argv[] = {program, "-p", facts->conf ? "-c" : NULL, file, NULL};
    const struct child_spec spec = {.argv = argv, .errors = CHILD_ERRORS_READ};
    char *text = child_run(&spec, &problem);
    if (text)
        add_options(facts, daemon, text);
    else
        add_problem(facts, daemon, problem.text);
    free(text);
}

// The account of a daemon: that of its file, else that of its unit.
static void add_account(struct check_facts *facts, const char *daemon)
{
    char key[64], name[64];
    const struct postconf known = check_facts_read(facts);
    snprintf(key, sizeof key, "conf.%s.user", daemon);
    const struct slice user = postconf_value(&known, key);
    if (user.len == 0 || !slice_copy(user, name, sizeof name))
        snprintf(name, sizeof name, "emailgency-%s", daemon);
    check_facts_account(facts, slice_from(name));
}

void check_facts_daemon(struct check_facts *facts, const char *daemon)
{
    add_daemon(facts, daemon);
    add_account(facts, daemon);
}

void check_facts_conf(struct check_facts *facts)
{
    for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++)
        check_facts_daemon(facts, daemons[i]);
    check_facts_account(facts, SLICE("root"));
}
