// SPDX-License-Identifier: BSD-2-Clause
// console-auth's options; its table and emailgency-console-auth.conf(5) describe them.
#ifndef CONSOLEAUTH_CONSOLEAUTH_CONF_H
#define CONSOLEAUTH_CONSOLEAUTH_CONF_H

#include "daemon/daemon.h"
#include "pg/pg_options.h"

struct consoleauth_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    struct database_conf database;
    char *mailbox_auth;
    int64_t mailbox_auth_timeout; // seconds
    struct conf_secret totp_key, captcha_key;
    int64_t captcha_cost; // iterations
    char *issuer;
    int64_t hash_workers;
    int64_t failure_delay_ms;
};

extern const struct conf_option consoleauth_options[];
extern struct consoleauth_conf consoleauth_conf;

#endif
