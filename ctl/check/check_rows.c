// SPDX-License-Identifier: BSD-2-Clause
#include "base/transport.h"
#include "ctl/check/postfix_check.h"

static void count(struct check_domains *domains, struct slice name)
{
    if (domains->count++ == 0)
        (void)slice_copy(name, domains->first, sizeof domains->first);
}

static void read_plan(const struct directory_snapshot *rows, struct slice name, struct check_rows *out)
{
    struct plan_row plan;
    if (directory_plan(rows, name, &plan) != DIRECTORY_OK)
        return;
    const int64_t largest =
        plan.vip_message_size > plan.max_message_size ? plan.vip_message_size : plan.max_message_size;
    if (largest > out->message_size) {
        out->message_size = largest;
        (void)slice_copy(name, out->plan, sizeof out->plan);
    }
}

// As in milter/decide/size_limit.h: the growth in transit that a limit allows.
static void add_slack(const struct directory_snapshot *rows, struct check_rows *out)
{
    const int64_t slack = directory_setting_number(rows, "message_size_slack", 0);
    if (slack > 0 && out->message_size < INT64_MAX - slack)
        out->message_size += slack;
}

void check_rows_read(const struct directory_snapshot *rows, struct check_rows *out)
{
    struct domain_row domain = {.name = SLICE("")};
    struct slice last_plan = SLICE(""), delimiters, postmaster;
    *out = (struct check_rows){.known = true, .delimiters = "+"};
    if (directory_setting(rows, "recipient_delimiter", &delimiters) == DIRECTORY_OK)
        (void)slice_copy(delimiters, out->delimiters, sizeof out->delimiters);
    out->postmaster =
        directory_setting(rows, "postmaster", &postmaster) == DIRECTORY_OK && postmaster.len > 0;
    while (directory_domain_after(rows, domain.name, &domain) == DIRECTORY_OK) {
        struct transport hop;
        if (domain.transport.len > 0 && transport_parse(domain.transport, &hop)) {
            if (hop.kind == TRANSPORT_IPV4)
                count(&out->ipv4, domain.name);
            else if (hop.kind == TRANSPORT_IPV6)
                count(&out->ipv6, domain.name);
        }
        if (domain.mode == DOMAIN_BACKUP && domain.verify_recipients)
            count(&out->verified, domain.name);
        if (domain.mode == DOMAIN_PRIMARY || domain.keep_copy)
            count(&out->stored, domain.name);
        if (domain.batv != BATV_OFF)
            count(&out->tagged, domain.name);
        if (!slice_equal(domain.plan, last_plan))
            read_plan(rows, domain.plan, out);
        last_plan = domain.plan;
    }
    add_slack(rows, out);
}
