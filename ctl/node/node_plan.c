// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/node/node_plan.h"

#include "base/network_list.h"

#include <ctype.h>
#include <string.h>

#define EXAMPLE "emailgencyctl node add mx2.example.net 192.0.2.26"

static bool is_host_name(const char *name)
{
    const size_t len = strlen(name);
    const bool shaped = len > 0 && len <= 253 && strchr(name, '.') && !strstr(name, "..") && name[0] != '.' &&
                        name[0] != '-' && name[len - 1] != '.';
    for (const char *at = name; shaped && *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
            return false;
    struct ip address;
    return shaped && !ip_parse(slice_from(name), &address);
}

static bool check_addresses(const struct node_plan *plan, struct problem *problem)
{
    struct ip address;
    if (!plan->addresses[0])
        return problem_set(problem, "name the addresses that it sends from, as in: " EXAMPLE);
    for (size_t i = 0; plan->addresses[i]; i++) {
        if (i == NODE_PLAN_ADDRESSES)
            return problem_set(problem, "name %d addresses at most", NODE_PLAN_ADDRESSES);
        if (!ip_parse(slice_from(plan->addresses[i]), &address))
            return problem_set(problem, "\"%s\" is no address; write 192.0.2.26 or 2001:db8::26",
                               plan->addresses[i]);
    }
    return true;
}

bool node_plan_check(const struct node_plan *plan, bool adds, struct problem *problem)
{
    if (!is_host_name(plan->name))
        return problem_set(problem,
                           "\"%s\" is no name of a host; write it in full, as hostname -f prints it there: "
                           "mx2.example.net",
                           plan->name);
    if (!check_addresses(plan, problem))
        return false;
    const bool is_named = network_list_names(slice_from(plan->mx_hosts), slice_from(plan->name));
    if (adds && (*plan->reports_as || strcmp(plan->name, plan->here) == 0))
        return problem_set(problem, "%s is a node already; see: emailgencyctl check", plan->name);
    if (!adds && !*plan->reports_as && !is_named)
        return problem_set(problem, "%s is no node; select name from emailgency.node prints them",
                           plan->name);
    return true;
}

// The node's name, or one of its addresses.
static bool is_own_word(const struct node_plan *plan, struct slice word)
{
    if (slice_equal_nocase(word, slice_from(plan->name)))
        return true;
    for (size_t i = 0; plan->addresses[i]; i++)
        if (slice_equal(word, slice_from(plan->addresses[i])))
            return true;
    return false;
}

static void print_word(const char **gap, struct slice word, FILE *out)
{
    fprintf(out, "%s%.*s", *gap, (int)word.len, word.ptr);
    *gap = " ";
}

// This node too, which may have its name in its own files alone.
static void print_names(const struct node_plan *plan, const char *list, const char **gap, FILE *out)
{
    if (strchr(plan->here, '.') && !network_list_names(slice_from(list), slice_from(plan->here)))
        print_word(gap, slice_from(plan->here), out);
    print_word(gap, slice_from(plan->name), out);
}

void node_plan_print_added(const struct node_plan *plan, const char *setting, const char *list, bool names,
                           FILE *out)
{
    const char *gap = "";
    struct slice rest = slice_from(list), word;
    fputs("   update emailgency.setting set value = '", out);
    while (network_list_next(&rest, &word))
        if (!is_own_word(plan, word))
            print_word(&gap, word, out);
    if (names)
        print_names(plan, list, &gap, out);
    for (size_t i = 0; plan->addresses[i]; i++)
        print_word(&gap, slice_from(plan->addresses[i]), out);
    fprintf(out, "' where name = '%s';\n", setting);
}

void node_plan_print_removed(const struct node_plan *plan, const char *setting, const char *list, FILE *out)
{
    const char *gap = "";
    bool has_own = false;
    struct slice rest = slice_from(list), word;
    while (network_list_next(&rest, &word))
        has_own = has_own || is_own_word(plan, word);
    if (!has_own)
        return;
    fputs("   update emailgency.setting set value = '", out);
    rest = slice_from(list);
    while (network_list_next(&rest, &word))
        if (!is_own_word(plan, word))
            print_word(&gap, word, out);
    fprintf(out, "' where name = '%s';\n", setting);
}

void node_plan_print_hba(const struct node_plan *plan, FILE *out)
{
    static const char *const roles[] = {
        "emailgency_replicator,emailgency_policyd,emailgency_milter,emailgency_notifier,emailgency_tracker,"
        "emailgency_keeper",
        "emailgency_dovecot,emailgency_console,emailgency_console_auth"};
    for (size_t i = 0; plan->addresses[i]; i++)
        for (size_t line = 0; line < sizeof roles / sizeof roles[0]; line++)
            fprintf(out, "   hostssl emailgency %s %s/%d scram-sha-256\n", roles[line], plan->addresses[i],
                    strchr(plan->addresses[i], ':') ? 128 : 32);
}
