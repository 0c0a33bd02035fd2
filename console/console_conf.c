// SPDX-License-Identifier: BSD-2-Clause
#include "console/console_conf.h"

#include "console/pool/call_pool.h"
#include "daemon/self_check.h"
#include "unsubscribe/unsubscribe.h"
#include "web/web_guard.h"
#include "web/web_key.h"

#include <string.h>

struct console_conf console_conf;

#define CONF_STRUCT struct console_conf

static bool check_webmail(const char *value, struct problem *problem)
{
    return !*value || strncmp(value, "https://", 8) == 0 ||
           problem_set(problem, "write an https URL, as in https://webmail.example/, or nothing for none");
}

const struct conf_option console_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9189"),
    {CONF_TEXT_AS("listen", listen.address), .fallback = "unix:/run/emailgency-console/socket",
     .check = option_check_listen, .help = "where nginx connects"},
    {CONF_TEXT_AS("listen_mode", listen.mode), .fallback = "0660", .check = option_check_mode,
     .help = "mode of the Unix socket"},
    {CONF_TEXT_AS("listen_group", listen.group), .fallback = "www-data",
     .help = "group of the Unix socket, nginx's; empty: the process's"},
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_console", pg_check_database,
                     "libpq connection string of the rows"),
    {CONF_MS_AS("database_timeout_ms", database.timeout_ms), .fallback = "2500", .min = 50, .max = 60000,
     .help = "milliseconds for connecting, and for a page or an action"},
    {CONF_COUNT(connections), .fallback = "4", .min = 1, .max = CALL_POOL_CONNECTIONS_MAX,
     .help = "connections to the database"},
    {CONF_COUNT(clients), .fallback = "512", .min = 8, .max = 10000,
     .help = "connections of nginx at a time; others wait until one ends"},
    {CONF_TEXT(auth_socket), .fallback = "/run/emailgency-console-auth/socket", .check = option_check_folder,
     .help = "path of the socket of emailgency-console-auth"},
    {CONF_SECRET_AS("secret_file", secret), .fallback = "",
     .help =
         "file whose first line, of at least 32 characters, signs the forms, the same on all nodes; empty: a "
         "random one, until it ends"},
    {CONF_SECRET_AS("old_secret_file", old_secret), .fallback = "",
     .help = "file with the secret before, whose forms are taken, too; empty: none"},
    {CONF_SECRET_AS("unsubscribe_key_file", unsubscribe_key), .fallback = "",
     .help =
         "file whose first line, of at least 32 characters, is the key of the links that end reports, the "
         "same as in report.conf; empty: no link is right"},
    {CONF_TEXT(public_url), .fallback = "https://localhost", .check = web_origin_check,
     .help = "the console's URL, without a path: forms are taken from its pages alone"},
    {CONF_TEXT(webmail_url), .fallback = "", .check = check_webmail,
     .help = "URL of the webmail; empty: none"},
    {CONF_BOOL(submissions), .fallback = "no", .reloadable = true,
     .help = "mail programs submit by TLS on port 465 (RFC 8314) first: yes where Postfix listens there"},
    {CONF_TEXT(profile_certificate_file), .fallback = "", .check = option_check_path, .reloadable = true,
     .help = "PEM file of the certificate, with its chain, that signs Apple's profiles; empty: they are not "
             "signed"},
    {CONF_TEXT(profile_key_file), .fallback = "", .check = option_check_path, .reloadable = true,
     .help = "PEM file of its key, which should be of no other use; read again by SIGHUP"},
    {CONF_MS(in_force_ms), .fallback = "1000", .min = 0, .max = 10000, .reloadable = true,
     .help = "milliseconds that an edit waits for the nodes before its page says where it is in force"},
    {CONF_TEXT(templates), .fallback = "", .check = option_check_path,
     .help = "folder of the templates; empty: that of this installation"},
    {CONF_TEXT(locale_folder), .fallback = "", .check = option_check_path,
     .help = "folder of the translations; empty: that of this installation"},
    CONF_END,
};

const char *console_conf_short_secret(struct problem *problem)
{
    const struct {
        const char *option;
        const struct conf_secret *secret;
        size_t min;
    } secrets[] = {{"secret_file", &console_conf.secret, WEB_KEY_SECRET_MIN},
                   {"old_secret_file", &console_conf.old_secret, WEB_KEY_SECRET_MIN},
                   {"unsubscribe_key_file", &console_conf.unsubscribe_key, UNSUBSCRIBE_KEY_MIN}};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (!*secrets[i].secret->path || strlen(secrets[i].secret->value) >= secrets[i].min)
            continue;
        problem_set(problem,
                    "the first line of %s has fewer than %zu characters: write more, as with openssl rand "
                    "-hex 32",
                    secrets[i].secret->path, secrets[i].min);
        return secrets[i].option;
    }
    return NULL;
}

void console_conf_probe(void)
{
    struct problem problem;
    const char *option = console_conf_short_secret(&problem);
    if (option)
        self_check_report(option, &problem);
}
