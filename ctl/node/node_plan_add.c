// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice.h"
#include "ctl/node/node_plan.h"

#include <string.h>

static void print_dns(const struct node_plan *plan, FILE *out)
{
    fputs("1. DNS, before anything else\n", out);
    for (size_t i = 0; plan->addresses[i]; i++)
        fprintf(out, "   %s. %s %s\n", plan->name, strchr(plan->addresses[i], ':') ? "AAAA" : "A",
                plan->addresses[i]);
    fprintf(out,
            "   and a PTR record of each address to %s: large providers refuse mail of a host without.\n"
            "   The name has a certificate of its own for STARTTLS and submission.\n\n",
            plan->name);
}

static void print_database(const struct node_plan *plan, FILE *out)
{
    fputs("2. PostgreSQL\n   in pg_hba.conf of each server, above lines that refuse:\n", out);
    node_plan_print_hba(plan, out);
    fputs("   as superuser, in the database:\n   select pg_reload_conf();\n", out);
    node_plan_print_added(plan, "mx_hosts", plan->mx_hosts, true, out);
    node_plan_print_added(plan, "relay_networks", plan->relay_networks, false, out);
    if (*plan->outgoing_networks)
        node_plan_print_added(plan, "outgoing_networks", plan->outgoing_networks, false, out);
    else
        fputs("   and add the addresses to the SPF record that setting spf_include names.\n", out);
    fputs("   Each role that logs in with a password needs one: alter role emailgency_policyd password "
          "'…';\n\n",
          out);
}

static void print_setup(const struct node_plan *plan, FILE *out)
{
    const bool is_remote = strstr(plan->database, "host=") != NULL;
    fprintf(out,
            "3. On %s, the packages, then\n"
            "   emailgencyctl setup --service-domain %s --database \"host=DB dbname=emailgency "
            "sslmode=verify-full\"\n",
            plan->name, plan->service_domain);
    if (is_remote)
        fprintf(out, "   with the hosts and options of this node's: %s\n", plan->database);
    else
        fputs("   DB is the name of the server that is local here; it is to listen there (listen_addresses), "
              "with "
              "ssl = on.\n",
              out);
    fputs("   In each file of /etc/emailgency that has `database`:\n"
          "   database_password_file = \"/etc/emailgency/DAEMON.password\"     (mode 0400, of the daemon's "
          "account)\n\n",
          out);
}

static void print_key(const struct node_plan *plan, const struct node_option *option, FILE *out)
{
    fprintf(out,
            "   scp %s root@%s:%s\n"
            "   ssh root@%s 'chown %s %s && chmod 0400 %s'\n",
            option->value, plan->name, option->value, plan->name, option->account, option->value,
            option->value);
}

// Set on neither node yet: by default each node has another value.
static void print_needed(const struct node_plan *plan, const struct node_option *option, FILE *out)
{
    fprintf(out, "   /etc/emailgency/%s on all nodes, %s too: %s = \"%s\"     (%s)\n", option->file,
            plan->here, option->key, *plan->service_domain ? plan->service_domain : plan->here,
            option->needed_for);
}

static void print_options(const struct node_plan *plan, FILE *out)
{
    unsigned count = 0;
    fputs("4. Options and keys that are the same on all nodes\n", out);
    for (const struct node_option *option = plan->options; option->file; option++) {
        const bool is_set = option->value && *option->value;
        if (!is_set && !option->needed_for)
            continue;
        count++;
        if (!is_set) {
            print_needed(plan, option, out);
            continue;
        }
        fprintf(out, "   /etc/emailgency/%s: %s = \"%s\"\n", option->file, option->key, option->value);
        if (option->account)
            print_key(plan, option, out);
    }
    if (count == 0)
        fputs("   none is set here.\n", out);
    fprintf(
        out,
        "   Not the same: login.key and doveadm.key, which setup makes, and `node`, the host's name.\n\n");
}

static void print_one_store(const struct node_plan *plan, FILE *out)
{
    fprintf(
        out,
        "   Stored mail is with the Dovecot of %s. So that no mailbox is in two places, %s stores there, "
        "too.\n"
        "   In dovecot.conf of %s; its firewall admits nodes alone to port 24, which asks for no password:\n"
        "   service lmtp {\n"
        "       inet_listener lmtp {\n"
        "           port = 24\n"
        "       }\n"
        "   }\n"
        "   On %s, in /etc/emailgency/transportmap.conf:\n"
        "   lmtp_destination = \"inet:%s:24\"\n",
        plan->here, plan->name, plan->here, plan->name, plan->here);
}

static void print_store(const struct node_plan *plan, FILE *out)
{
    fputs("5. Mail store\n", out);
    if (slice_has_prefix_nocase(slice_from(plan->store), SLICE("unix:")))
        print_one_store(plan, out);
    else
        fprintf(out,
                "   In /etc/emailgency/transportmap.conf:\n"
                "   lmtp_destination = \"%s\"\n",
                plan->store);
    fprintf(out,
            "   On %s: systemctl disable --now emailgency-keeper; systemctl restart emailgency-transportmap\n"
            "   Users read mail where the store is; they may send by each node.\n\n",
            plan->name);
}

static void print_own(const struct node_plan *plan, FILE *out)
{
    fprintf(
        out,
        "6. Its own, neither copied nor shared\n"
        "   the queue (/var/spool/postfix), on a disk that outlives the machine: accepted mail is there "
        "alone\n"
        "   the verify cache (address_verify_map): customers' servers are asked again, mail is taken "
        "meanwhile\n"
        "   the replica and the spools in /var/lib/emailgency: the replicator loads all rows by itself\n\n"
        "7. Check, then take mail\n"
        "   on %s: emailgencyctl check && emailgencyctl status\n"
        "   select name from emailgency.node;     -- has it after half a minute\n"
        "   each customer's MX records, after the customer's own server, with the preference of %s:\n"
        "   customer.example. MX 20 %s.\n",
        plan->name, plan->here, plan->name);
}

void node_plan_print_add(const struct node_plan *plan, FILE *out)
{
    fprintf(out, "%s becomes a node beside %s. Nothing was changed: this is what to write and to run.\n\n",
            plan->name, plan->here);
    print_dns(plan, out);
    print_database(plan, out);
    print_setup(plan, out);
    print_options(plan, out);
    print_store(plan, out);
    print_own(plan, out);
}
