// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/doveconf.h"
#include "ctl/check/fact.h"
#include "ctl/check/node_check.h"
#include "ctl/check_facts.h"
#include "ctl/child.h"

#include <stdlib.h>

#define DRIVER "/usr/lib/dovecot/modules/auth/libdriver_pgsql.so" // of Debian's dovecot-pgsql

static char *run(const char *const *argv, struct check_facts *facts)
{
    struct problem problem;
    const struct child_spec spec = {.argv = argv, .errors = CHILD_ERRORS_READ};
    char *text = child_run(&spec, &problem);
    if (!text)
        check_facts_add(facts, "dovecot.problem", "%s", problem.text);
    return text;
}

// The query file of a passdb, by the end of its name.
static void add_query_file(struct check_facts *facts, const struct postconf *known, const char *fact,
                           const char *ending)
{
    char path[512];
    for (size_t n = 0; n < 16; n++) {
        const struct slice args = fact_text(known, "dovecot.passdb.%zu.args", n);
        if (slice_has_suffix_nocase(args, slice_from(ending)) && slice_copy(args, path, sizeof path)) {
            check_facts_path(facts, fact, path);
            return;
        }
    }
}

// `connect = host=FOLDER port=N …` of the query file: the socket of PgBouncer, and the string for libpq,
// which has no maxconns.
static void add_connect(struct check_facts *facts, struct slice value)
{
    char path[512], connect[1024] = "";
    struct slice word, key, argument, host = SLICE(""), port = SLICE("5432");
    size_t len = 0;
    while (postconf_next(&value, &word)) {
        if (!slice_split(word, '=', &key, &argument) || slice_equal(key, SLICE("maxconns")))
            continue;
        if (slice_equal(key, SLICE("host")))
            host = argument;
        if (slice_equal(key, SLICE("port")))
            port = argument;
        if (len < sizeof connect)
            len += (size_t)snprintf(connect + len, sizeof connect - len, "%s%.*s", len ? " " : "",
                                    (int)word.len, word.ptr);
    }
    check_facts_add(facts, "dovecot.connect", "%s", connect);
    snprintf(path, sizeof path, "%.*s/.s.PGSQL.%.*s", (int)host.len, host.ptr, (int)port.len, port.ptr);
    check_facts_path(facts, "logins", path);
}

static void add_logins(struct check_facts *facts)
{
    char path[512], *line = NULL;
    size_t size = 0;
    struct slice name, value;
    const struct postconf known = check_facts_read(facts);
    (void)slice_copy(postconf_value(&known, "path.dovecot_login.at"), path, sizeof path);
    FILE *file = path[0] ? fopen(path, "re") : NULL;
    while (file && getline(&line, &size, file) > 0)
        if (slice_split(slice_make(line, strcspn(line, "\n")), '=', &name, &value) &&
            slice_equal(slice_trim(name), SLICE("connect")))
            add_connect(facts, slice_trim(value));
    free(line);
    if (file)
        fclose(file);
}

static void add_sockets(struct check_facts *facts)
{
    struct postconf_service service;
    char path[512], name[64];
    struct postconf known = check_facts_read(facts);
    for (size_t n = 0; known = check_facts_read(facts), postconf_service(&known, n, &service); n++)
        if (dovecot_sasl_path(&known, n, path, sizeof path)) {
            snprintf(name, sizeof name, "sasl.%zu", n);
            check_facts_path(facts, name, path);
        }
    if (dovecot_lmtp_path(&known, path, sizeof path))
        check_facts_path(facts, "lmtp", path);
}

static void add_rest(struct check_facts *facts)
{
    struct postconf known = check_facts_read(facts);
    const struct slice user = postconf_value(&known, "dovecot.default_internal_user");
    char name[64];
    if (!slice_copy(user, name, sizeof name) || !name[0])
        snprintf(name, sizeof name, "dovecot");
    check_facts_account(facts, slice_from(name));
    check_facts_account(facts, SLICE("emailgency-store"));
    known = check_facts_read(facts);
    check_facts_account(facts, postconf_value(&known, "mail_owner"));
    check_facts_path(facts, "dovecot_driver", DRIVER);
    known = check_facts_read(facts);
    add_query_file(facts, &known, "dovecot_deny", "emailgency-deny.conf.ext");
    known = check_facts_read(facts);
    add_query_file(facts, &known, "dovecot_login", "emailgency-login.conf.ext");
    add_logins(facts);
    add_sockets(facts);
}

void check_facts_dovecot(struct check_facts *facts)
{
    const char *const settings[] = {"doveconf", "-n", facts->dovecot ? "-c" : NULL, facts->dovecot, NULL};
    const char *const protocols[] = {
        "doveconf", "-c", facts->dovecot ? facts->dovecot : "/etc/dovecot/dovecot.conf", "protocols", NULL};
    const char *const version[] = {"dovecot", "--version", NULL};
    char *text = run(settings, facts);
    check_facts_add(facts, "dovecot.file", "%s",
                    facts->dovecot ? facts->dovecot : "/etc/dovecot/dovecot.conf");
    if (!text)
        return;
    doveconf_flatten(slice_from(text), facts->out);
    free(text);
    text = run(protocols, facts); // -n leaves out what is the default
    if (text)
        doveconf_flatten(slice_from(text), facts->out);
    free(text);
    text = run(version, facts);
    if (text)
        check_facts_add(facts, "dovecot.version", "%.*s", (int)strcspn(text, " \n"), text);
    free(text);
    add_rest(facts);
}
