// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice.h"
#include "ctl/node/node_plan.h"

static void print_drain(const struct node_plan *plan, FILE *out)
{
    fprintf(out,
            "1. No new mail\n"
            "   Take %s out of the MX records of all customers, and wait until their TTL is over.\n"
            "   On it, which leaves submission open; senders then use the other nodes:\n"
            "   postconf -M# smtp/inet && postfix reload\n"
            "   Have users' programs name another node for sending.\n\n",
            plan->name);
}

static void print_queue(const struct node_plan *plan, FILE *out)
{
    fprintf(
        out,
        "2. Its queue, on %s\n"
        "   emailgencyctl held list                (release or delete what it lists of this node)\n"
        "   postqueue -f && emailgencyctl queue    (until nothing waits, or only for servers that are away)\n"
        "   What still waits goes on at another node, with its age and under its queue id:\n"
        "   postfix stop; ssh root@NODE postfix stop\n"
        "   rsync -a --ignore-existing --remove-source-files "
        "/var/spool/postfix/{deferred,incoming,active,hold,maildrop,defer,bounce} "
        "root@NODE:/var/spool/postfix/\n"
        "   ssh root@NODE 'postfix set-permissions; postsuper -s; postfix start'\n\n",
        plan->name);
}

static void print_store(const struct node_plan *plan, FILE *out)
{
    fputs("3. Stored mail\n", out);
    if (slice_has_prefix_nocase(slice_from(plan->store), SLICE("unix:")))
        fprintf(out,
                "   If %s has the mail store, it stays until the store has moved: see docs/backup.md\n"
                "   then write its new place as lmtp_destination into transportmap.conf of all nodes.\n\n",
                plan->name);
    else
        fprintf(out, "   It is at %s; nothing is to be done, unless that is this node.\n\n", plan->store);
}

static void print_end(const struct node_plan *plan, FILE *out)
{
    fprintf(
        out,
        "4. Its daemons, on %s: they hand in their counts as they end\n"
        "   systemctl stop emailgency-tracker emailgency-policyd.socket emailgency-policyd "
        "emailgency-milter\n"
        "   emailgencyctl setup --undo\n\n"
        "5. PostgreSQL, as superuser, in the database\n"
        "   delete from emailgency.node where name = '%s';     -- else it is an incident that it is silent\n",
        plan->name, *plan->reports_as ? plan->reports_as : plan->name);
    node_plan_print_removed(plan, "mx_hosts", plan->mx_hosts, out);
    node_plan_print_removed(plan, "relay_networks", plan->relay_networks, out);
    node_plan_print_removed(plan, "outgoing_networks", plan->outgoing_networks, out);
    fputs("   and take these lines out of pg_hba.conf of each server:\n", out);
    node_plan_print_hba(plan, out);
    fprintf(out,
            "   select pg_reload_conf();\n\n6. DNS: the records of %s, and its addresses in SPF records.\n",
            plan->name);
}

void node_plan_print_remove(const struct node_plan *plan, FILE *out)
{
    fprintf(out, "%s is to be no node any more. Nothing was changed: this is what to run, in this order.\n\n",
            plan->name);
    print_drain(plan, out);
    print_queue(plan, out);
    print_store(plan, out);
    print_end(plan, out);
}
