// SPDX-License-Identifier: BSD-2-Clause
// What every daemon does the same way: arguments, configuration, log, privileges, signals, readiness, the
// loop.
//   NAME [-t | -p] [-c FILE]     -t checks the configuration, -p prints what is in force, -V the version
// It stays in the foreground; at a terminal it logs there. Exit codes are those of sysexits(3): 64 usage, 78
// configuration (also a user that does not exist), 71 a resource of the system (a socket in use, a second
// instance), 0 after SIGTERM or SIGINT.
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "conf/conf.h"

#include <event2/event.h>

// The options that every daemon has; the first member of its own struct.
struct daemon_conf {
    char *user;
    char *group;
    char *log;       // "stderr" or "syslog"
    char *log_level; // "debug", "info", "warn" or "error"
    char *pid_file;
    char *metrics;
};

// Their rows, for the head of a daemon's option table; `default_metrics` is an address.
// clang-format off
#define DAEMON_OPTIONS(type, default_metrics)                                                              \
    {"user", CONF_TEXT, offsetof(type, daemon.user), "", 0, 0, false, NULL,                                \
     "run as this user when started by root; empty: stay"},                                                \
    {"group", CONF_TEXT, offsetof(type, daemon.group), "", 0, 0, false, NULL,                              \
     "and this group; empty: the user's"},                                                                 \
    {"log", CONF_TEXT, offsetof(type, daemon.log), "syslog", 0, 0, false, daemon_check_log,                \
     "syslog or stderr; at a terminal always stderr"},                                                     \
    {"log_level", CONF_TEXT, offsetof(type, daemon.log_level), "info", 0, 0, true, daemon_check_log_level, \
     "debug, info, warn or error"},                                                                        \
    {"pid_file", CONF_TEXT, offsetof(type, daemon.pid_file), "", 0, 0, false, NULL,                        \
     "locked while it runs, written when ready, removed at the end; empty: none"},                         \
    {"metrics", CONF_TEXT, offsetof(type, daemon.metrics), default_metrics, 0, 0, false,                   \
     daemon_check_metrics, "where /metrics answers: 127.0.0.1:port, unix:/path, or empty for nowhere"}
// clang-format on

const char *daemon_check_log(const char *value);
const char *daemon_check_log_level(const char *value);
const char *daemon_check_metrics(const char *value);

struct daemon_spec {
    const char *name;         // "emailgency-policyd"
    const char *default_conf; // "/etc/emailgency/policyd.conf"
    const struct conf_option *options;
    void *conf; // the daemon's struct, whose first member is struct daemon_conf
    size_t conf_size;
    // Opens sockets and files, still with the rights of whoever started the process. Returns NULL or a line
    // for people.
    const char *(*start)(struct event_base *base);
    // After privileges are dropped and before readiness is told; may be NULL. Likewise.
    const char *(*run)(struct event_base *base);
    // After SIGHUP has changed the configuration; may be NULL. With the file broken it is not called, and all
    // stays as it was. Secrets are read again with the rights of `user`.
    void (*reload)(void);
    // SIGTERM or SIGINT: finish what is under way and call daemon_stopped, within 10 s, after which the loop
    // ends anyway; a second signal ends it at once. NULL stops at once.
    void (*stop)(void);
    // Frees everything; also after a start or run that failed half-way. May be NULL.
    void (*finish)(void);
    // Brings gauges up to date before /metrics answers; may be NULL.
    void (*refresh)(void *arg);
};

// Runs the daemon to its end; the value is main's.
int daemon_run(int argc, char **argv, const struct daemon_spec *spec);

// This node's name: the one that is configured, or where that is empty its host name.
const char *daemon_node_name(const char *configured);

// Ends the loop after `stop`.
void daemon_stopped(void);

// Ends the process with exit code 71 and this reason, from within the loop, start or run.
void daemon_fail(const char *reason);

#endif
