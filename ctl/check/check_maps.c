// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"

#define ENDPOINT "emailgency/transportmap"
#define ENDPOINT_PREFIX "socketmap:unix:" ENDPOINT ":"

struct map {
    const char *parameter, *name; // of main.cf, of transportmap
    enum finding_severity missing;
    const char *why;       // the effect of a missing map
    const char *why_other; // the effect of another table
};

static const struct map maps[] = {
    {"relay_domains", "relay_domains", FINDING_ERROR, "mail for the domains in the rows is refused",
     "mail is accepted for domains that are not in the rows"},
    {"transport_maps", "transport", FINDING_ERROR, "the rows do not decide where mail goes",
     "its routes apply besides those of the rows"},
    {"relay_recipient_maps", "relay_recipients", FINDING_ERROR,
     "recipients are not checked against the rows: unknown ones are accepted and bounce, or known ones are "
     "refused",
     "an @domain wildcard in it makes every address exist: what the customer's server refuses bounces"},
    {"virtual_alias_maps", "virtual_alias", FINDING_ERROR, "aliases and the mail store's copies do not work",
     "an @domain wildcard in it makes every address exist: what the customer's server refuses bounces"},
    {"smtpd_sender_login_maps", "sender_login", FINDING_WARNING,
     "reject_sender_login_mismatch does not know which login may use a sender",
     "it lets logins send as others"},
};

static const struct map probe_map = {
    "address_verify_transport_maps", "probe_transport", FINDING_ERROR,
    "any refusal of a probe by the customer's server makes its recipients unknown",
    "its routes apply besides those of the rows"};

// Returns whether `word` is "socketmap:ENDPOINT:NAME" of transportmap; `*name` is its last part.
static bool is_own(struct slice word, struct slice *name)
{
    struct slice head;
    return word.len > 10 && memcmp(word.ptr, "socketmap:", 10) == 0 &&
           slice_split_last(word, ':', &head, name) && slice_has_suffix_nocase(head, SLICE(ENDPOINT));
}

// Tables that have an answer for every key.
static bool answers_all(struct slice word)
{
    return word.len > 7 && memcmp(word.ptr, "static:", 7) == 0;
}

static void check_others(const struct postfix_check *check, const struct map *map, const char *write)
{
    struct slice rest = postconf_value(check->postconf, map->parameter), word, name;
    bool ours_seen = false;
    while (postconf_next(&rest, &word)) {
        const char *order = ours_seen ? "after" : "before";
        if (is_own(word, &name))
            ours_seen = true;
        else if (answers_all(word))
            finding_add(check->findings, FINDING_ERROR, map->parameter, write, "it answers for every key",
                        "%.*s is listed %s transportmap", (int)word.len, word.ptr, order);
        else
            finding_add(check->findings, FINDING_WARNING, map->parameter, write, map->why_other,
                        "%.*s is listed %s transportmap", (int)word.len, word.ptr, order);
    }
}

static void check_map(const struct postfix_check *check, const struct map *map)
{
    char write[256];
    struct slice value = postconf_value(check->postconf, map->parameter), rest = value, word, name;
    const size_t before = check->findings->count;
    bool found = false;
    snprintf(write, sizeof write, "%s = " ENDPOINT_PREFIX "%s", map->parameter, map->name);
    while (postconf_next(&rest, &word)) {
        if (!is_own(word, &name))
            continue;
        found = true;
        if (!slice_equal(name, slice_from(map->name)))
            finding_add(check->findings, FINDING_ERROR, map->parameter, write,
                        "transportmap answers another question", "asks for the map %.*s", (int)name.len,
                        name.ptr);
    }
    if (!found && value.len == 0)
        finding_add(check->findings, map->missing, map->parameter, write, map->why, "is empty");
    else if (!found)
        finding_add(check->findings, map->missing, map->parameter, write, map->why,
                    "does not ask transportmap: %.*s", (int)value.len, value.ptr);
    else
        check_others(check, map, write);
    if (check->findings->count == before)
        finding_add(check->findings, FINDING_OK, map->parameter, NULL, NULL, "asks transportmap");
}

static bool holds_word(struct slice rest, struct slice wanted)
{
    for (struct slice word; postconf_next(&rest, &word);)
        if (slice_equal(word, wanted))
            return true;
    return false;
}

// A chrooted service finds the socket by a path relative to the queue directory only.
static void check_chroot(const struct postfix_check *check)
{
    static const char *const clients[] = {"smtpd", "cleanup", "trivial-rewrite", NULL};
    struct slice rest = postconf_value(check->postconf, "relay_domains"), word, name;
    struct postconf_service service;
    while (postconf_next(&rest, &word) && !is_own(word, &name))
        ;
    if (word.len < 16 || memcmp(word.ptr, "socketmap:unix:/", 16) != 0)
        return;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        for (size_t i = 0; clients[i]; i++)
            if (slice_equal(service.command, slice_from(clients[i])) &&
                slice_equal(service.chroot, SLICE("y"))) {
                finding_add(check->findings, FINDING_ERROR, "relay_domains",
                            "relay_domains = " ENDPOINT_PREFIX "relay_domains",
                            "in its chroot it sees only paths relative to the queue directory",
                            "%.*s is absolute, and %s runs in a chroot", (int)word.len, word.ptr, clients[i]);
                return;
            }
}

static void check_parents(const struct postfix_check *check)
{
    static const char *const name = "parent_domain_matches_subdomains";
    const struct slice value = postconf_value(check->postconf, name);
    if (holds_word(value, SLICE("relay_domains")) || holds_word(value, SLICE("smtpd_access_maps")))
        finding_add(check->findings, FINDING_WARNING, name, "parent_domain_matches_subdomains =",
                    "a domain's row applies to its subdomains too, which are not in the rows",
                    "holds relay_domains or smtpd_access_maps");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "no domain includes its subdomains");
}

void check_maps(const struct postfix_check *check)
{
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        check_map(check, &maps[i]);
    if (!check->summary->known || check->summary->verified.count > 0)
        check_map(check, &probe_map);
    check_chroot(check);
    check_parents(check);
}

// ---- address classes ----

// The list without one of its elements.
static void list_without(const char *parameter, struct slice rest, struct slice left_out, char *out,
                         size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s =", parameter);
    for (struct slice word; postconf_next(&rest, &word) && len < size;)
        if (!slice_equal(word, left_out))
            len += (size_t)snprintf(out + len, size - len, " %.*s", (int)word.len, word.ptr);
}

static void check_class(const struct postfix_check *check, const char *parameter)
{
    const struct slice value = postconf_value(check->postconf, parameter);
    struct slice rest = value, word;
    while (postconf_next(&rest, &word)) {
        char name[ADDRESS_DOMAIN_MAX + 1], write[384];
        struct domain_row row;
        if (check->rows && slice_copy_lower(word, name, sizeof name) &&
            directory_domain_of(check->rows, slice_from(name), &row) == DIRECTORY_OK) {
            list_without(parameter, value, word, write, sizeof write);
            finding_add(check->findings, FINDING_ERROR, parameter, write,
                        "a domain has one address class: here its mail does not go where its row says",
                        "holds %s, which is in the rows", name);
            return;
        }
    }
    finding_add(check->findings, FINDING_OK, parameter, NULL, NULL,
                check->rows ? "holds no domain of the rows" : "not compared with the rows");
}

void check_classes(const struct postfix_check *check)
{
    static const char *const virtual_alias_domains = "virtual_alias_domains";
    const struct slice value = postconf_value(check->postconf, virtual_alias_domains);
    struct slice rest = value, word, name;
    check_class(check, "mydestination");
    check_class(check, "virtual_mailbox_domains");
    while (postconf_next(&rest, &word)) {
        if (is_own(word, &name) ||
            slice_equal(value, postconf_value(check->postconf, "virtual_alias_maps"))) {
            finding_add(check->findings, FINDING_ERROR, virtual_alias_domains, "virtual_alias_domains =",
                        "a domain in virtual_alias_maps would be of this class, and transport_maps skipped",
                        "is virtual_alias_maps, as is Postfix's default");
            return;
        }
    }
    check_class(check, virtual_alias_domains);
}
