// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/restriction.h"

#define DEPTH_MAX 8 // of classes within classes

const char *const restriction_parameters[] = {"smtpd_client_restrictions",    "smtpd_helo_restrictions",
                                              "smtpd_sender_restrictions",    "smtpd_relay_restrictions",
                                              "smtpd_recipient_restrictions", NULL};

static bool is_any(struct slice name, const char *const *words)
{
    for (; *words; words++)
        if (slice_equal(name, slice_from(*words)))
            return true;
    return false;
}

bool restriction_is(const struct restriction *restriction, const char *name)
{
    return slice_equal(restriction->name, slice_from(name));
}

static bool has_argument(struct slice name)
{
    static const char *const words[] = {"permit_dnswl_client", "permit_rhswl_client", "reject_rbl_client",
                                        "sleep", NULL};
    return is_any(name, words) || slice_has_prefix(name, SLICE("reject_rhsbl_")) ||
           (slice_has_prefix(name, SLICE("check_")) && !slice_equal(name, SLICE("check_relay_domains")));
}

static bool is_class(const struct postconf *postconf, struct slice name)
{
    struct slice rest = postconf_value(postconf, "smtpd_restriction_classes"), word;
    while (postconf_next(&rest, &word))
        if (slice_equal(word, name))
            return true;
    return false;
}

static void add(struct restriction_list *out, struct slice name, struct slice argument)
{
    if (out->count < RESTRICTION_MAX)
        out->items[out->count++] = (struct restriction){.name = name, .argument = argument};
}

// NOLINTNEXTLINE(misc-no-recursion): DEPTH_MAX bounds it
static void read_list(const struct postconf *postconf, const struct postconf_service *service,
                      const char *parameter, int depth, struct restriction_list *out)
{
    bool own, soft = false;
    char class[128];
    struct slice rest = postconf_value_at(postconf, service, parameter, &own), word;
    while (postconf_next(&rest, &word)) {
        struct slice argument = SLICE("");
        if (slice_equal(word, SLICE("warn_if_reject"))) {
            soft = true;
            continue;
        }
        if (has_argument(word) && !postconf_next(&rest, &argument))
            break;
        if (soft)
            soft = false;
        else if (memchr(word.ptr, ':', word.len))
            add(out, SLICE("check_recipient_access"), word);
        else if (depth < DEPTH_MAX && is_class(postconf, word) && slice_copy(word, class, sizeof class))
            read_list(postconf, service, class, depth + 1, out);
        else
            add(out, word, argument);
    }
}

void restriction_read(const struct postconf *postconf, const struct postconf_service *service,
                      const char *parameter, struct restriction_list *out)
{
    out->count = 0;
    read_list(postconf, service, parameter, 0, out);
}

// transportmap's relay_domains permits the domains of the rows only.
static bool is_our_domains(const struct restriction *restriction)
{
    const struct slice map = SLICE("transportmap:relay_domains");
    return restriction_is(restriction, "check_recipient_access") &&
           slice_has_suffix_nocase(restriction->argument, map);
}

// An inline table of one entry that refuses.
static bool only_rejects(struct slice table)
{
    struct slice key, action, more;
    return slice_has_prefix(table, SLICE("inline:")) && slice_split(table, '=', &key, &action) &&
           !slice_split(action, '=', &action, &more) && slice_has_prefix(slice_trim(action), SLICE("REJECT"));
}

static bool may_permit(const struct restriction *restriction)
{
    if (restriction_is(restriction, "permit_dnswl_client") ||
        restriction_is(restriction, "permit_rhswl_client") || restriction_is(restriction, "permit_mx_backup"))
        return true;
    return slice_has_prefix(restriction->name, SLICE("check_")) &&
           slice_has_suffix_nocase(restriction->name, SLICE("_access")) && !is_our_domains(restriction) &&
           !only_rejects(restriction->argument);
}

enum restriction_relay restriction_relay(const struct restriction_list *list)
{
    static const char *const stops[] = {"reject_unauth_destination",
                                        "defer_unauth_destination",
                                        "reject",
                                        "defer",
                                        "check_relay_domains",
                                        NULL};
    enum restriction_relay best = RESTRICTION_CLOSED;
    for (size_t i = 0; i < list->count; i++) {
        if (is_any(list->items[i].name, stops))
            return best;
        if (restriction_is(&list->items[i], "permit"))
            return RESTRICTION_OPEN;
        if (may_permit(&list->items[i]))
            best = RESTRICTION_BY_TABLE;
    }
    return RESTRICTION_OPEN;
}

static bool refuses_all(const struct restriction_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (restriction_is(&list->items[i], "reject") || restriction_is(&list->items[i], "defer"))
            return true;
        if (restriction_is(&list->items[i], "permit"))
            return false;
    }
    return false;
}

const char *restriction_refuses_all(const struct postconf *postconf, const struct postconf_service *service)
{
    for (size_t i = 0; restriction_parameters[i]; i++) {
        struct restriction_list list;
        restriction_read(postconf, service, restriction_parameters[i], &list);
        if (refuses_all(&list))
            return restriction_parameters[i];
    }
    return NULL;
}

bool restriction_is_port_25(const struct postconf_service *service)
{
    struct slice host, port;
    if (!slice_split_last(service->name, ':', &host, &port))
        port = service->name;
    return slice_equal(service->type, SLICE("inet")) &&
           (slice_equal(port, SLICE("smtp")) || slice_equal(port, SLICE("25")));
}

bool restriction_is_submission(const struct postconf *postconf, const struct postconf_service *service)
{
    bool own;
    if (restriction_is_port_25(service) &&
        !slice_equal(postconf_value_at(postconf, service, "smtpd_sasl_auth_enable", &own), SLICE("yes")))
        return false;
    return restriction_refuses_all(postconf, service) != NULL;
}
