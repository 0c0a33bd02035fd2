// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/consoleauth_conf.h"

#include "io/socket_address.h"

struct consoleauth_conf consoleauth_conf;

#define CONF_STRUCT struct consoleauth_conf

static bool check_unix(const char *value, struct problem *problem)
{
    struct socket_address address;
    if (!*value)
        return true;
    return (socket_address_parse(value, &address, problem) && socket_address_path(&address)) ||
           problem_set(problem, "write the path of a socket, as in unix:/run/dovecot/auth-console");
}

const struct conf_option consoleauth_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9190"),
    {CONF_TEXT_AS("listen", listen.address), .fallback = "unix:/run/emailgency-console-auth/socket",
     .check = option_check_listen,
     .help = "where the console asks: unix:/path, 127.0.0.1:port or [::1]:port"},
    {CONF_TEXT_AS("listen_mode", listen.mode), .fallback = "0660", .check = option_check_mode,
     .help = "mode of the Unix socket"},
    {CONF_TEXT_AS("listen_group", listen.group), .fallback = "emailgency-console",
     .help = "group of the Unix socket; empty: the process's"},
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_console_auth", pg_check_database,
                     "libpq connection string of the rows"),
    DATABASE_TIMEOUT_OPTION("milliseconds for connecting and for each statement"),
    {CONF_TEXT(mailbox_auth), .fallback = "unix:/run/dovecot/auth-console", .check = check_unix,
     .help = "Dovecot's socket for the passwords of mailboxes; empty: users of mailboxes cannot log in"},
    {CONF_SECONDS(mailbox_auth_timeout), .fallback = "8", .min = 1, .max = 60,
     .help = "seconds that Dovecot has for an answer"},
    {CONF_SECRET_AS("totp_key_file", totp_key), .fallback = "",
     .help = "file whose first line, 32 characters or more, encrypts the secrets of second factors; the same "
             "on all "
             "nodes. Empty: none can be set up"},
    {CONF_SECRET_AS("captcha_key_file", captcha_key), .fallback = "",
     .help = "file whose first line, 32 characters or more, signs CAPTCHAs; the same on all nodes. Empty: "
             "none is asked for"},
    {CONF_COUNT(captcha_cost), .fallback = "5000", .min = 100, .max = 12500,
     .help = "iterations of PBKDF2 for each of about 256 tries that a CAPTCHA takes; it rises to 16 times as "
             "many"},
    {CONF_TEXT(issuer), .fallback = "Emailgency",
     .help = "name of the service in the users' authenticator apps"},
    {CONF_COUNT(hash_workers), .fallback = "2", .min = 1, .max = 64,
     .help = "threads that check passwords, 8 MB each while they do"},
    {CONF_MS(failure_delay_ms), .fallback = "3000", .max = 60000, .reloadable = true,
     .help = "milliseconds after which, or after a multiple of which, a wrong password is answered, whatever "
             "the check "
             "took"},
    CONF_END,
};
