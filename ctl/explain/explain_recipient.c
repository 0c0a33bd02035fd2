// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain_recipient.h"

#include "directory/expansion.h"

enum directory_rc explain_domain(const struct directory_snapshot *rows, struct slice name,
                                 struct explanation *explanation, struct domain_row *out)
{
    const enum directory_rc rc = directory_domain_of(rows, name, out);
    if (rc != DIRECTORY_OK) {
        explanation_step(explanation, "domain", name, "%s",
                         rc == DIRECTORY_NOT_FOUND ? "no row names it" : "its row cannot be read");
        return rc;
    }
    const struct domain_alias_row alias = {.name = name, .domain = out->name};
    if (slice_equal(out->name, name))
        explanation_row(explanation, DIRECTORY_DOMAIN, out, NULL);
    else if (slice_equal(out->alternate_name, name))
        explanation_row(explanation, DIRECTORY_DOMAIN, out, "asked by its alternate name");
    else {
        explanation_row(explanation, DIRECTORY_DOMAIN_ALIAS, &alias, NULL);
        explanation_row(explanation, DIRECTORY_DOMAIN, out, NULL);
    }
    return rc;
}

static void explain_aliases(const struct recipient *found, struct explanation *explanation)
{
    for (size_t i = 0; i < found->target_count; i++) {
        const struct alias_row row = {.address = slice_from(found->row), .target = found->targets[i]};
        explanation_row(explanation, DIRECTORY_ALIAS, &row, NULL);
    }
}

static void explain_found(const struct directory_snapshot *rows, const struct expansion_item *item,
                          const struct recipient *found, struct slice address,
                          struct explanation *explanation)
{
    struct mailbox_row mailbox;
    if (found->kind == RECIPIENT_ALIAS)
        explain_aliases(found, explanation);
    if (found->mailbox.len > 0 && directory_mailbox(rows, found->mailbox, &mailbox) == DIRECTORY_OK)
        explanation_row(explanation, DIRECTORY_MAILBOX, &mailbox,
                        item->end ? NULL : "gets no mail: the alias of this address sends it on");
    if (found->kind == RECIPIENT_CATCHALL)
        explanation_step(explanation, "recipient", address, "no row names it; domain.catchall takes it");
    else if (found->kind == RECIPIENT_VERIFIED)
        explanation_step(explanation, "recipient", address,
                         "no row names it; with domain.verify_recipients the customer's server is asked");
    else if (found->kind == RECIPIENT_UNKNOWN)
        explanation_step(explanation, "recipient", address, "no row names it");
}

static void explain_item(const struct directory_snapshot *rows, const struct expansion_item *item,
                         struct explanation *explanation)
{
    struct mail_address address;
    struct recipient found;
    const struct slice text =
        address_join(item->local, item->domain.name, &address) ? address_text(&address) : item->local;
    if (!item->known)
        explanation_step(explanation, "recipient", text, "elsewhere");
    else if (recipient_find(rows, item->local, &item->domain, &found) == DIRECTORY_OK)
        explain_found(rows, item, &found, text, explanation);
    else
        explanation_step(explanation, "recipient", text, "a row of it cannot be read");
}

void explain_recipient(const struct directory_snapshot *rows, struct slice local, struct slice domain,
                       struct explanation *explanation)
{
    struct expansion expansion;
    const enum expansion_rc rc = expansion_make(rows, local, domain, &expansion);
    for (size_t i = 0; i < expansion.count; i++)
        explain_item(rows, &expansion.items[i], explanation);
    if (rc == EXPANSION_TOO_MANY)
        explanation_step(explanation, "alias", local, "leads to more than %d addresses", EXPANSION_MAX);
}
