// SPDX-License-Identifier: BSD-2-Clause
// Arguments, configuration, log, privileges, signals, readiness and the loop of every daemon.
//   NAME [-t | -p] [-c FILE]     -t checks the configuration, -p prints what is in force, -V the version
// Without -c a file that is missing is an empty one. Started by root the daemon becomes `user`, or else the
// account of its own name; it refuses to start where there is none. It stays in the foreground; at a terminal
// it logs there. Exit codes are those of sysexits(3): 64 usage, 78 configuration (also an account or group
// that does not exist), 71 a resource of the system (a socket in use, a second instance), 0 after SIGTERM or
// SIGINT.
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "conf/conf.h"
#include "daemon/option_groups.h"

#include <event2/event.h>
#include <sys/types.h>

// The options that every daemon has; the first member of its own struct.
struct daemon_conf {
    char *user;
    char *group;
    char *log;       // "stderr" or "syslog"
    char *log_level; // "debug", "info", "warn" or "error"
    char *pid_file;
    char *metrics;
};

// Their rows, for the head of a daemon's option table; `metrics_default` is an address.
// clang-format off
#define DAEMON_OPTIONS(metrics_default)                                                                      \
    {CONF_TEXT_AS("user", daemon.user), .fallback = "",                                                      \
     .help = "run as this user when started by root; empty: the account of the daemon's name"},                                          \
    {CONF_TEXT_AS("group", daemon.group), .fallback = "", .help = "and this group; empty: the user's"},      \
    {CONF_TEXT_AS("log", daemon.log), .fallback = "syslog", .check = daemon_check_log,                       \
     .help = "syslog or stderr; at a terminal always stderr"},                                               \
    {CONF_TEXT_AS("log_level", daemon.log_level), .fallback = "info", .check = daemon_check_log_level,       \
     .reloadable = true, .help = "debug, info, warn or error"},                                              \
    {CONF_TEXT_AS("pid_file", daemon.pid_file), .fallback = "",                                              \
     .help = "locked while it runs, written when ready, removed at the end; empty: none"},                   \
    {CONF_TEXT_AS("metrics", daemon.metrics), .fallback = (metrics_default), .check = daemon_check_metrics,  \
     .help = "where /metrics answers: address:port, unix:/path, or empty for nowhere"}
// clang-format on

bool daemon_check_log(const char *value, struct problem *problem);
bool daemon_check_log_level(const char *value, struct problem *problem);
bool daemon_check_metrics(const char *value, struct problem *problem);

struct daemon_spec {
    const char *name;         // "emailgency-policyd"
    const char *default_conf; // "/etc/emailgency/policyd.conf"
    const struct conf_option *options;
    void *conf; // the daemon's struct, whose first member is struct daemon_conf
    size_t conf_size;
    const struct listen_conf *listen; // of `conf`, where the daemon listens; NULL: nowhere
    // -t: looks for what would stop the start or have no effect, by the functions of daemon/self_check.h, in
    // a process with the rights of the daemon's account. May be NULL.
    void (*probe)(void);
    uint32_t kept_capabilities; // capabilities(7) that stay when root's rights are dropped, a bit for each
    // Opens sockets and files, still with the rights of the user that started the process. Returns false with
    // a human-readable message in `problem`.
    bool (*start)(struct event_base *base, struct problem *problem);
    // After privileges are dropped and before readiness is reported; may be NULL. Likewise.
    bool (*run)(struct event_base *base, struct problem *problem);
    // After SIGHUP has changed the configuration; may be NULL. With the file broken it is not called, and all
    // stays as it was. Secrets are read again with the rights of `user`.
    void (*reload)(void);
    // SIGTERM or SIGINT: finish what is pending and call daemon_stopped, within 10 s, after which the loop
    // ends anyway; a second signal ends it at once. NULL stops at once.
    void (*stop)(void);
    // Frees everything; also after a start or run that failed half-way. May be NULL.
    void (*finish)(void);
    // Brings gauges up to date before /metrics answers; may be NULL.
    void (*refresh)(void);
};

// Runs the daemon to its end; the value is main's.
int daemon_run(int argc, char **argv, const struct daemon_spec *spec);

// This node's name: the one that is configured, or where that is empty its host name.
const char *daemon_node_name(const char *configured);

// The user that owns what the daemon makes before privileges are dropped: its account's.
uid_t daemon_owner(void);

// Ends the loop after `stop`.
void daemon_stopped(void);

// Ends the process with exit code 71 and this reason, from within the loop, start or run.
void daemon_fail(const char *reason);

#endif
