// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/node_command.h"

#include "conf/conf.h"
#include "ctl/database_query.h"
#include "ctl/node/node_plan.h"

#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { DATABASE, CONF };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [CONF] = {"conf", 0, "DIR", "EMG_CONF", "/etc/emailgency", "folder of the daemons' files"},
    {.name = NULL},
};

// Options of this node: two that the plan depends on, then those that are the same on all nodes.
static const struct {
    const char *file, *key, *account, *needed_for;
} wanted[] = {
    {"replicator.conf", "database", NULL, NULL},
    {"transportmap.conf", "lmtp_destination", NULL, NULL},
    {"transportmap.conf", "inet_protocols", NULL, NULL},
    {"milter.conf", "authserv_id", NULL, "each node removes results that are forged under it"},
    {"milter.conf", "batv_keys_file", "emailgency-milter", NULL},
    {"notifier.conf", "alert_sender", NULL, NULL},
    {"notifier.conf", "operator_contacts", NULL, NULL},
    {"notifier.conf", "second_smarthost", NULL, NULL},
    {"notifier.conf", "round_trip_key_file", "emailgency-notifier", NULL},
    {"notifier.conf", "webhook_key_file", "emailgency-notifier", NULL},
    {"report.conf", "sender", NULL, NULL},
    {"report.conf", "unsubscribe_url", NULL, NULL},
    {"report.conf", "unsubscribe_key_file", "emailgency-notifier", NULL},
    {"console.conf", "secret_file", "emailgency-console", NULL},
    {"console.conf", "unsubscribe_key_file", "emailgency-console", NULL},
    {"console-auth.conf", "totp_key_file", "emailgency-console-auth", NULL},
    {"console-auth.conf", "captcha_key_file", "emailgency-console-auth", NULL},
};
enum { WANTED = sizeof wanted / sizeof wanted[0], OF_THIS_NODE = 2 };

struct one_option {
    char *text;
};
#define CONF_STRUCT struct one_option

struct node_facts {
    struct one_option found[WANTED];
    struct node_option options[WANTED + 1];
    PGresult *settings;
    char here[256];
};

static const struct conf_option *table_of(const char *key, const char *fallback)
{
    static struct conf_option table[] = {{CONF_TEXT_AS("", text), .fallback = "", .help = ""}, CONF_END};
    table[0].key = key;
    table[0].fallback = fallback;
    return table;
}

static bool read_options(const char *folder, struct node_facts *facts)
{
    for (unsigned i = 0; i < WANTED; i++) {
        char path[PATH_MAX];
        struct problem problem;
        snprintf(path, sizeof path, "%s/%s", folder, wanted[i].file);
        const char *fallback =
            strcmp(wanted[i].key, "lmtp_destination") == 0 ? "unix:private/dovecot-lmtp" : "";
        const bool present = access(path, F_OK) == 0;
        if (conf_load_part(table_of(wanted[i].key, fallback), sizeof facts->found[i], present ? path : NULL,
                           &facts->found[i], &problem) != CONF_OK) {
            fprintf(stderr, "emailgencyctl node: %s (run this as root)\n", problem.text);
            return false;
        }
        if (i >= OF_THIS_NODE)
            facts->options[i - OF_THIS_NODE] = (struct node_option){
                wanted[i].file, wanted[i].key, facts->found[i].text, wanted[i].account, wanted[i].needed_for};
    }
    return true;
}

// The last column: the name under which the node reports; empty: it does not.
static const char facts_query[] =
#define SETTING(name) "coalesce((select s.value from emailgency.setting s where s.name = '" name "'), ''), "
    "select " SETTING("service_domain") SETTING("mx_hosts") SETTING("outgoing_networks")
        SETTING("relay_networks") "coalesce((select n.name from emailgency.node n where n.name in ($1, "
                                  "split_part($1, '.', 1)) order by n.name = $1 desc limit 1), '')";
#undef SETTING

// As hostname(1) prints it with -f.
static void find_here(char *out, size_t size)
{
    const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    const bool is_known = getaddrinfo(host, NULL, &hints, &found) == 0 && found && found->ai_canonname;
    snprintf(out, size, "%s", is_known ? found->ai_canonname : host);
    if (found)
        freeaddrinfo(found);
}

static bool read_facts(const char *name, const char *const *values, struct node_facts *facts)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return false;
    facts->settings = database_query_run(connection, facts_query, 1, &name);
    PQfinish(connection);
    find_here(facts->here, sizeof facts->here);
    return facts->settings && read_options(values[CONF], facts);
}

static void finish(struct node_facts *facts)
{
    PQclear(facts->settings);
    for (unsigned i = 0; i < WANTED; i++)
        conf_free(table_of("", ""), &facts->found[i]);
}

static int print_plan(char *const *operands, const struct node_facts *facts, bool adds)
{
    struct problem problem;
    const PGresult *row = facts->settings;
    const struct node_plan plan = {
        .name = operands[0],
        .addresses = (const char *const *)operands + 1,
        .here = facts->here,
        .service_domain = PQgetvalue(row, 0, 0),
        .mx_hosts = PQgetvalue(row, 0, 1),
        .outgoing_networks = PQgetvalue(row, 0, 2),
        .relay_networks = PQgetvalue(row, 0, 3),
        .reports_as = PQgetvalue(row, 0, 4),
        .database = facts->found[0].text,
        .store = facts->found[1].text,
        .options = facts->options,
    };
    if (!node_plan_check(&plan, adds, &problem)) {
        fprintf(stderr, "emailgencyctl node: %s\n", problem.text);
        return EX_USAGE;
    }
    (adds ? node_plan_print_add : node_plan_print_remove)(&plan, stdout);
    return EX_OK;
}

static int run(char *const *operands, const char *const *values, bool adds)
{
    struct node_facts facts = {.settings = NULL};
    const int code =
        read_facts(operands[0], values, &facts) ? print_plan(operands, &facts, adds) : EX_UNAVAILABLE;
    finish(&facts);
    return code;
}

static int add_node(char *const *operands, const char *const *values)
{
    return run(operands, values, true);
}

const struct ctl_command node_add_command = {
    .name = "node add",
    .operands = "HOST ADDRESS...",
    .summary = "print what makes a host one more node: DNS, database, keys, mail store",
    .options = options,
    .run = add_node,
};

static int remove_node(char *const *operands, const char *const *values)
{
    return run(operands, values, false);
}

const struct ctl_command node_remove_command = {
    .name = "node remove",
    .operands = "HOST ADDRESS...",
    .summary = "print how a node is drained and taken out of service",
    .options = options,
    .run = remove_node,
};
