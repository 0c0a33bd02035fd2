// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"

#include <inttypes.h>

#define QUEUE_MIN INT64_C(604800) // seconds: a customer's server may be away over a long weekend

static bool holds(struct slice rest, const char *wanted)
{
    for (struct slice word; postconf_next(&rest, &word);)
        if (slice_equal_nocase(word, slice_from(wanted)))
            return true;
    return false;
}

static void check_protocols(const struct postfix_check *check)
{
    static const char *const name = "inet_protocols", *const why = "such mail bounces (5.4.4)";
    const struct slice value = postconf_value(check->postconf, name);
    const struct check_rows *rows = check->summary;
    const bool all = holds(value, "all"), ipv4 = all || holds(value, "ipv4"),
               ipv6 = all || holds(value, "ipv6");
    const struct check_domains *lost = !ipv6 ? &rows->ipv6 : !ipv4 ? &rows->ipv4 : NULL;
    if (lost && lost->count > 0)
        finding_add(check->findings, FINDING_ERROR, name, "inet_protocols = all", why,
                    "is %.*s, and the transport of %zu domains, first %s, is an %s address", (int)value.len,
                    value.ptr, lost->count, lost->first, ipv4 ? "IPv6" : "IPv4");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %.*s", (int)value.len, value.ptr);
}

static void check_size(const struct postfix_check *check)
{
    static const char *const name = "message_size_limit";
    char write[128];
    unsigned long long limit;
    const struct slice value = postconf_value(check->postconf, name);
    const int64_t wanted = check->summary->message_size;
    snprintf(write, sizeof write, "%s = %" PRId64, name, wanted);
    // 0 is no limit.
    if (slice_number(value, INT64_MAX, &limit) && (limit == 0 || limit >= (unsigned long long)wanted))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %.*s", (int)value.len, value.ptr);
    else
        finding_add(check->findings, FINDING_ERROR, name, write,
                    "mail within the customer's limit is refused",
                    "is %.*s, below the plan %s with message_size_slack", (int)value.len, value.ptr,
                    check->summary->plan);
}

static void check_flag(const struct postfix_check *check, const char *name, const char *wanted,
                       const char *why)
{
    char write[128];
    const struct slice value = postconf_value(check->postconf, name);
    snprintf(write, sizeof write, "%s = %s", name, wanted);
    if (slice_equal(value, slice_from(wanted)))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %s", wanted);
    else
        finding_add(check->findings, FINDING_WARNING, name, write, why, "is %.*s", (int)value.len, value.ptr);
}

static void check_flush(const struct postfix_check *check)
{
    static const char *const name = "fast_flush_domains";
    struct slice rest = postconf_value(check->postconf, name);
    for (struct slice word; postconf_next(&rest, &word);)
        if (slice_has_suffix_nocase(word, SLICE("emailgency/transportmap:relay_domains"))) {
            finding_add(check->findings, FINDING_OK, name, NULL, NULL, "covers the domains in the rows");
            return;
        }
    finding_add(check->findings, FINDING_WARNING, name, "fast_flush_domains = $relay_domains",
                "flush(domain), postqueue -s and ETRN deliver nothing for them",
                "does not cover the domains in the rows");
}

static void check_lifetime(const struct postfix_check *check)
{
    static const char *const name = "maximal_queue_lifetime";
    const struct slice value = postconf_value(check->postconf, name);
    int64_t seconds;
    if (postconf_seconds(value, 'd', &seconds) && seconds >= QUEUE_MIN)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %.*s", (int)value.len, value.ptr);
    else
        finding_add(check->findings, FINDING_WARNING, name, "maximal_queue_lifetime = 30d",
                    "mail bounces where a customer's server is away longer", "is %.*s", (int)value.len,
                    value.ptr);
}

static bool same_bytes(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.len; i++)
        if (!b.len || !memchr(b.ptr, a.ptr[i], b.len))
            return false;
    return a.len == b.len;
}

// Without a delimiter Postfix splits nothing off, and transportmap decides by the rows.
static void check_delimiter(const struct postfix_check *check)
{
    static const char *const name = "recipient_delimiter";
    char write[64];
    const struct check_rows *rows = check->summary;
    const struct slice value = postconf_value(check->postconf, name);
    const bool agrees = same_bytes(value, slice_from(rows->delimiters));
    snprintf(write, sizeof write, "%s = %s", name, rows->delimiters);
    if (!rows->known || agrees || (value.len == 0 && rows->tagged.count == 0))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is \"%.*s\"", (int)value.len, value.ptr);
    else if (rows->tagged.count > 0)
        finding_add(check->findings, FINDING_WARNING, name, write,
                    "bounces come to user+prvs=...: Postfix's own tables do not know the user in it",
                    "is \"%.*s\", and the setting is \"%s\"; domain.batv is on in %zu domains, first %s",
                    (int)value.len, value.ptr, rows->delimiters, rows->tagged.count, rows->tagged.first);
    else
        finding_add(check->findings, FINDING_WARNING, name, write,
                    "Postfix splits off as an extension what is a part of the user's name in the rows",
                    "is \"%.*s\", and the setting is \"%s\"", (int)value.len, value.ptr, rows->delimiters);
}

// Routes name the transport "relay"; without that service mail waits.
static void check_relay_service(const struct postfix_check *check)
{
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        if (slice_equal(service.name, SLICE("relay")) && slice_equal(service.type, SLICE("unix"))) {
            finding_add(check->findings, FINDING_OK, "master.cf", NULL, NULL, "has the relay service");
            return;
        }
    finding_add(check->findings, FINDING_ERROR, "master.cf", "relay unix - - y - - smtp",
                "transportmap's routes name it: mail waits in the queue for good", "has no relay service");
}

// smtp(8) looks names up long after a row was checked.
static void check_resolved(const struct postfix_check *check)
{
    static const char *const name = "smtp_dns_reply_filter";
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++) {
        bool own;
        if (!slice_equal(service.command, SLICE("smtp")) ||
            postconf_value_at(check->postconf, &service, name, &own).len > 0)
            continue;
        finding_add(
            check->findings, FINDING_WARNING, name,
            "smtp_dns_reply_filter = regexp:{ { /IN A (0|127|169\\.254|22[4-9]|23[0-9]|2[45][0-9])\\./ "
            "IGNORE } { /IN AAAA (::1?|fe[89ab].:.*|ff..:.*)$$/ IGNORE } }",
            "a name in domain.transport or in MX records leads to services of this host and network",
            "is empty for %.*s", (int)service.name.len, service.name.ptr);
        return;
    }
    finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is set");
}

static void check_postmaster(const struct postfix_check *check)
{
    static const char *const name = "setting.postmaster";
    if (!check->summary->known || check->summary->postmaster)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL,
                    check->summary->known ? "is set" : "not known");
    else
        finding_add(check->findings, FINDING_WARNING, name,
                    "update setting set value = 'admin@example.org' where name = 'postmaster'",
                    "Postfix accepts mail for postmaster from anybody; it is not read, or it bounces",
                    "is empty");
}

void check_delivery(const struct postfix_check *check)
{
    check_protocols(check);
    check_size(check);
    check_flag(check, "enable_long_queue_ids", "yes",
               "short queue IDs repeat within days: logs and counts of two messages are mixed up");
    check_flag(check, "relay_initial_destination_concurrency", "1",
               "five concurrent deliveries wait for a server that is down before Postfix avoids it");
    check_flush(check);
    check_lifetime(check);
    check_delimiter(check);
    check_relay_service(check);
    check_resolved(check);
    check_postmaster(check);
}

void check_strict(const struct postfix_check *check)
{
    static const char *const names[] = {"strict_rfc821_envelopes",
                                        "strict_smtputf8",
                                        "strict_7bit_headers",
                                        "strict_8bitmime",
                                        "strict_8bitmime_body",
                                        "strict_mime_encoding_domain",
                                        NULL};
    for (size_t i = 0; names[i]; i++)
        check_flag(check, names[i], "no", "refuses mail that the customer's server may take");
    check_flag(check, "soft_bounce", "no", "mail that should be refused is retried for days");
    check_flag(check, "smtpd_reject_unlisted_recipient", "yes",
               "mail to unknown recipients is accepted and bounces: backscatter");
    check_flag(
        check, "enable_original_recipient", "yes",
        "bounce_protection does not apply: the milter does not change recipients that Postfix would lose");
}
