// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/contact_command.h"

#include "conf/conf.h"
#include "ctl/contact/contact_key.h"
#include "ctl/database_query.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { DATABASE, CONF };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [CONF] = {"conf", 0, "DIR", "EMG_CONF", "/etc/emailgency", "folder of the daemons' files"},
    {.name = NULL},
};

struct webhook_settings {
    struct conf_secret webhook_key;
};

#define CONF_STRUCT struct webhook_settings
static const struct conf_option table[] = {
    {CONF_SECRET_AS("webhook_key_file", webhook_key), .fallback = "", .help = ""},
    CONF_END,
};

static bool read_settings(const char *path, struct webhook_settings *settings)
{
    struct problem problem;
    if (conf_load_part(table, sizeof *settings, path, settings, &problem) == CONF_OK)
        return true;
    fprintf(stderr, "emailgencyctl: %s\n", problem.text);
    return false;
}

static int print_key(const struct webhook_settings *settings, const char *path, const PGresult *row)
{
    char key[CONTACT_KEY_MAX];
    if (!contact_key_write(settings->webhook_key.value, PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), key)) {
        fprintf(
            stderr,
            "emailgencyctl: %s names no webhook_key_file with a key of %d characters or more: openssl rand "
            "-hex 32 makes one, which all nodes need\n",
            path, CONTACT_KEY_SECRET_MIN);
        return EX_CONFIG;
    }
    puts(key);
    explicit_bzero(key, sizeof key);
    return EX_OK;
}

// The row has the spelling that the notifier signs with.
static int run(char *const *operands, const char *const *values)
{
    static const char sql[] =
        "select c.domain, c.address from emailgency.contact c where c.kind = 'webhook' "
        "and c.domain = emailgency.canonical_domain($1) and c.address = emailgency.webhook_text($2)";
    struct webhook_settings settings = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/notifier.conf", values[CONF]);
    if (!read_settings(path, &settings))
        return EX_CONFIG;
    PGconn *connection = database_query_connect(values[DATABASE]);
    PGresult *row = connection ? database_query_run(connection, sql, 2, (const char *const *)operands) : NULL;
    int rc = connection ? EX_DATAERR : EX_UNAVAILABLE;
    if (row && PQntuples(row) == 1) {
        rc = print_key(&settings, path, row);
    } else if (row) {
        fprintf(
            stderr,
            "emailgencyctl: %s has no webhook contact %s: first insert into contact (domain, kind, address) "
            "values ('%s', 'webhook', '%s')\n",
            operands[0], operands[1], operands[0], operands[1]);
    }
    PQclear(row);
    PQfinish(connection);
    conf_free(table, &settings);
    return rc;
}

const struct ctl_command contact_key_command = {
    .name = "contact key",
    .operands = "DOMAIN URL",
    .summary = "print the key by which the receiver of a webhook checks signatures",
    .options = options,
    .run = run,
};
