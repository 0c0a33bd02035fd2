// SPDX-License-Identifier: BSD-2-Clause
// Checks of a node besides Postfix's own configuration. Pure: facts (ctl/check/fact.h) and rows in, findings
// out. A fact that is missing is not checked.
#ifndef CTL_CHECK_NODE_CHECK_H
#define CTL_CHECK_NODE_CHECK_H

#include "ctl/check/fact.h"
#include "ctl/check/postfix_check.h"

struct node_check {
    const struct postconf *facts;
    const struct directory_snapshot *rows; // NULL: no replica
    const struct check_rows *summary;
    struct findings *findings;
};

// Postfix reaches the sockets of policyd, transportmap and, if `milter` is set, the milter, and the notifier
// that of queuehold: path.socket.DAEMON, conf.DAEMON.listen, conf.notifier.user.
void node_sockets(const struct node_check *check, bool milter);

// Dovecot serves log-ins, submission and the mail store as packaging/dovecot has it. Facts: dovecot.*,
// dovecot.problem, dovecot.file (dovecot.conf), dovecot.version, path.sasl.N (dovecot_sasl_path), path.lmtp,
// path.dovecot_driver, path.dovecot_deny, path.dovecot_login, path.logins (PgBouncer's socket),
// pg.dovecot.problem (a look-up through it).
void dovecot_check(const struct node_check *check);

// Part of dovecot_check: the sockets and the files of queries.
void dovecot_sockets(const struct node_check *check);

// The socket by which the n-th service of master.cf asks Dovecot about log-ins, and the mail store's, below
// the queue directory. Return false if there is none, or it is no Unix socket.
bool dovecot_sasl_path(const struct postconf *facts, size_t n, char *out, size_t size);
bool dovecot_lmtp_path(const struct postconf *facts, char *out, size_t size);

// Each daemon's role reaches the schema of this program and has its rights. Facts, see postgresql_check.c.
void postgresql_check(const struct node_check *check);

// The replica: replica.folder, replica.problem, replica.age (seconds; -1: never), replica.age_max,
// replica.writer (yes, no), path.replica_data, path.replica_lock.
void node_replica(const struct node_check *check);

// The SPF worker can be run by the milter's account: path.spf_worker; spf.account;
// spf.problem: milter.conf cannot be read.
void node_spf_worker(const struct node_check *check);

// Configuration files are right (conf.DAEMON.problem) and secrets are secret: secret.N.option, .owner (the
// account that reads it), .file, path.secret.N, for N from 0.
void node_files(const struct node_check *check);

// The tracker can read the log that it follows: conf.tracker.mail_log; path.mail_log, or path.journal (a file
// of the system's journal; no fact: there is none); log.rule: whether the shipped logrotate rule is installed
// (yes, no).
void node_log(const struct node_check *check);

// Own names: dns.N.name, .of (where the name is written), .state (found, none, failed), .addresses, .own
// (the addresses that are this node's), .reverse (name of the first address); dns.server, dns.problem.
void node_dns(const struct node_check *check);

// Free space: disk.NAME.at, .free and .size (bytes), .inodes and .inodes_free of queue, replica, store,
// spool.
void node_disk(const struct node_check *check);

// That of the queue alone: 1.5 times message_size_limit.
void node_disk_queue(const struct node_check *check);

// The web console is reached, and its forms are taken. Facts: conf.console.…, conf.console-auth.…,
// path.socket.console, path.socket.console-auth, path.socket.mailbox_auth (Dovecot's); of nginx
// nginx.problem, nginx.user, nginx.host (of public_url), nginx.site (whether a server has that name: yes,
// no), nginx.certificate (its file), .problem, .names (whether it is valid for the host), .lasts (for a
// week). Without conf.console.file there is no console here.
void console_check(const struct node_check *check);

// Settings that have no right default: those of the rows, and mx_hosts of the daemons.
void node_settings(const struct node_check *check);

#endif
