// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"

#define HOUR INT64_C(3600)
#define PROBE "emailgency-probe" // the transport of verify(8)'s probes

struct word {
    const char *parameter, *wanted;
    enum finding_severity severity;
    const char *why;
};

static const struct word codes[] = {
    {"unverified_recipient_reject_code", "550", FINDING_WARNING,
     "recipients that the customer's server refuses are retried for days instead of refused"},
    {"unverified_recipient_defer_code", "250", FINDING_ERROR,
     "while the customer's server is down, mail to addresses that no row names is not accepted"},
};

static void check_code(const struct postfix_check *check, const struct word *code)
{
    char write[128];
    const struct slice value = postconf_value(check->postconf, code->parameter);
    snprintf(write, sizeof write, "%s = %s", code->parameter, code->wanted);
    if (slice_equal(value, slice_from(code->wanted)))
        finding_add(check->findings, FINDING_OK, code->parameter, NULL, NULL, "is %s", code->wanted);
    else
        finding_add(check->findings, code->severity, code->parameter, write, code->why, "is %.*s",
                    (int)value.len, value.ptr);
}

struct bound {
    const char *parameter;
    char unit; // of a number without one
    int64_t least, most;
    const char *write, *why;
};

static const struct bound times[] = {
    {"address_verify_positive_expire_time", 'd', 744 * HOUR, INT64_MAX,
     "address_verify_positive_expire_time = 31d",
     "while the customer's server is down longer, a known recipient is no longer known"},
    {"address_verify_negative_expire_time", 'd', 0, 3 * HOUR, "address_verify_negative_expire_time = 3h",
     "a new address at the customer's server is refused for as long"},
    {"address_verify_negative_refresh_time", 'h', 0, 3 * HOUR, "address_verify_negative_refresh_time = 3h",
     "a new address at the customer's server is refused for as long"},
};

static void check_time(const struct postfix_check *check, const struct bound *bound)
{
    int64_t seconds;
    const struct slice value = postconf_value(check->postconf, bound->parameter);
    const bool holds =
        postconf_seconds(value, bound->unit, &seconds) && seconds >= bound->least && seconds <= bound->most;
    if (holds)
        finding_add(check->findings, FINDING_OK, bound->parameter, NULL, NULL, "is %.*s", (int)value.len,
                    value.ptr);
    else
        finding_add(check->findings, FINDING_WARNING, bound->parameter, bound->write, bound->why, "is %.*s",
                    (int)value.len, value.ptr);
}

static void check_reason(const struct postfix_check *check)
{
    static const char *const name = "unverified_recipient_reject_reason";
    const struct slice value = postconf_value(check->postconf, name);
    if (value.len == 0)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is the reply of the customer's server");
    else
        finding_add(check->findings, FINDING_WARNING, name, "unverified_recipient_reject_reason =",
                    "the sender does not see the reply of the customer's server", "is %.*s", (int)value.len,
                    value.ptr);
}

static void check_probe_filter(const struct postfix_check *check)
{
    static const char *const name = PROBE "/unix/smtp_delivery_status_filter";
    static const char *const why = "a server that refuses probes for another reason, or reports a full "
                                   "mailbox, makes its recipients unknown; and senders see its internal name";
    const struct postconf_service probe = {.name = SLICE(PROBE), .type = SLICE("unix")};
    bool own;
    if (postconf_value_at(check->postconf, &probe, "smtp_delivery_status_filter", &own).len > 0)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "keeps refusals of the recipient only");
    else
        finding_add(check->findings, FINDING_ERROR, name,
                    "-o smtp_delivery_status_filter=$emailgency_probe_filter", why, "is empty");
}

// Probes have a transport of their own: their filter of answers must not apply to deliveries.
static void check_probes(const struct postfix_check *check)
{
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        if (slice_equal(service.name, SLICE(PROBE)) && slice_equal(service.type, SLICE("unix"))) {
            check_probe_filter(check);
            return;
        }
    finding_add(check->findings, FINDING_ERROR, "master.cf", PROBE " unix - - y - - smtp",
                "no address is ever verified: mail to unknown recipients is accepted and bounces",
                "has no " PROBE " service");
}

static void check_cache(const struct postfix_check *check)
{
    static const char *const name = "address_verify_map";
    const struct slice value = postconf_value(check->postconf, name);
    const bool kept = value.len > 0 && !(value.len >= 9 && memcmp(value.ptr, "internal:", 9) == 0);
    if (kept)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "survives a restart");
    else
        finding_add(check->findings, FINDING_WARNING, name,
                    "address_verify_map = lmdb:$data_directory/verify",
                    "after a restart every recipient is probed again, and is unknown while a server is down",
                    "is kept in memory");
}

void check_verify(const struct postfix_check *check)
{
    static const char *const name = "domain.verify_recipients";
    if (check->summary->known && check->summary->verified.count == 0) {
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "no backup domain has it");
        return;
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        check_code(check, &codes[i]);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        check_time(check, &times[i]);
    check_probes(check);
    check_reason(check);
    check_cache(check);
}
