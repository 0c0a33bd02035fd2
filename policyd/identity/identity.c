// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/identity/identity.h"

#include <libpsl.h>
#include <stdlib.h>

#define LABELS_MAX 8 // the longest public suffix has five

struct identity_rules {
    psl_ctx_t *list;
};

struct identity_rules *identity_rules_create(void)
{
    struct identity_rules *rules = malloc(sizeof *rules);
    if (!rules)
        return NULL;
    rules->list = psl_latest(NULL);
    if (rules->list)
        return rules;
    free(rules);
    return NULL;
}

void identity_rules_destroy(struct identity_rules *rules)
{
    if (!rules)
        return;
    psl_free(rules->list);
    free(rules);
}

// libpsl looks each label up.
static const char *last_labels(const char *name)
{
    const char *at = name + strlen(name);
    for (int labels = 0; at > name; at--)
        if (at[-1] == '.' && ++labels == LABELS_MAX)
            break;
    return at;
}

// The registrable domain of a name in lower case; NULL where it is none or a public suffix.
static const char *registrable(const struct identity_rules *rules, const char *name)
{
    const char *domain = rules ? psl_registrable_domain(rules->list, last_labels(name)) : NULL;
    return domain && address_domain_valid(slice_from(domain)) ? domain : NULL;
}

void identity_of(const struct identity_rules *rules, const struct ip *client, struct slice client_name,
                 struct identity *out)
{
    char name[ADDRESS_DOMAIN_MAX + 1];
    struct cidr network = cidr_of_client(client);
    cidr_format(&network, out->network);
    const char *domain = NULL;
    bool whole = client_name.len && !memchr(client_name.ptr, '\0', client_name.len);
    if (whole && slice_copy_lower(client_name, name, sizeof name) &&
        !identity_name_dynamic(slice_from(name), client))
        domain = registrable(rules, name);
    out->named = domain != NULL;
    slice_copy(slice_from(domain ? domain : out->network), out->text, sizeof out->text);
}
