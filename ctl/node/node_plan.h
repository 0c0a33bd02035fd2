// SPDX-License-Identifier: BSD-2-Clause
// The lines to write, and the commands to run, by which a host becomes one more node, or is none any more.
// They are printed only: most of them are for other hosts than the one that prints them.
#ifndef CTL_NODE_NODE_PLAN_H
#define CTL_NODE_NODE_PLAN_H

#include "base/problem.h"

#include <stdbool.h>
#include <stdio.h>

#define NODE_PLAN_ADDRESSES 16

// An option that is the same on all nodes, and is set on this one.
struct node_option {
    const char *file, *key, *value; // "milter.conf", "authserv_id", "mx.example.net"; NULL: not set
    const char *account;            // the owner of the key in the file that `value` names; NULL: no key
    const char *needed_for;         // with more than one node it is to be set: the reason; NULL: it is not
};

struct node_plan {
    const char *name;             // of the node that comes or goes
    const char *const *addresses; // that it sends from; ends in NULL
    const char *here;             // the name of this node
    const char *service_domain, *mx_hosts, *outgoing_networks, *relay_networks; // the settings
    const char *reports_as;            // its name in table node; "": it does not report
    const char *database;              // `database` of this node's replicator
    const char *store;                 // `lmtp_destination` of this node
    const struct node_option *options; // ends with a NULL file
};

// Returns whether the name is a host's, there are addresses, each an IPv4 or IPv6 address, and the host is
// not a node yet, for `adds`, or is one. If not, `problem` says what is right.
bool node_plan_check(const struct node_plan *plan, bool adds, struct problem *problem)
    __attribute__((warn_unused_result));

void node_plan_print_add(const struct node_plan *plan, FILE *out);
void node_plan_print_remove(const struct node_plan *plan, FILE *out);

// Prints an update of a setting, a list of words, with the addresses of the node; with `names` also with its
// name and that of this node.
void node_plan_print_added(const struct node_plan *plan, const char *setting, const char *list, bool names,
                           FILE *out);

// Prints an update of a setting without the node's name and addresses; nothing where it has none of them.
void node_plan_print_removed(const struct node_plan *plan, const char *setting, const char *list, FILE *out);

// Prints the lines of pg_hba.conf that admit the addresses.
void node_plan_print_hba(const struct node_plan *plan, FILE *out);

#endif
