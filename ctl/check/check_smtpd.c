// SPDX-License-Identifier: BSD-2-Clause
// Parameters that Postfix 3.7 ships off, and extensions that should not be offered. Each is checked per
// service: master.cf may override main.cf.
#include "ctl/check/postfix_check.h"
#include "ctl/check/restriction.h"

struct switched {
    const char *parameter;
    const char *good[4]; // values that are as good as the first, which is advised; ends in NULL
    enum finding_severity missing;
    const char *why;
};

static const struct switched switches[] = {
    {"smtpd_forbid_bare_newline",
     {"normalize", "yes", "reject", NULL},
     FINDING_ERROR,
     "a message may hide a second one, which passes SPF as mail of the server that relays it (SMTP "
     "smuggling)"},
    {"smtpd_forbid_unauth_pipelining",
     {"yes", NULL},
     FINDING_WARNING,
     "commands that are sent before their turn are accepted: spam, and smuggled commands"},
    {"disable_vrfy_command",
     {"yes", NULL},
     FINDING_WARNING,
     "VRFY reveals which recipients exist, also in domains in stealth mode"},
};

// The parameter's name, with that of the service if it is set there.
static void label(const struct postconf_service *service, const char *parameter, bool own, char *out,
                  size_t size)
{
    if (own)
        snprintf(out, size, "%.*s/%.*s/%s", (int)service->name.len, service->name.ptr, (int)service->type.len,
                 service->type.ptr, parameter);
    else
        snprintf(out, size, "%s", parameter);
}

static void check_switch(const struct postfix_check *check, const struct postconf_service *service,
                         const struct switched *wanted)
{
    char name[128], write[128];
    bool own;
    const struct slice value = postconf_value_at(check->postconf, service, wanted->parameter, &own);
    label(service, wanted->parameter, own, name, sizeof name);
    snprintf(write, sizeof write, "%s = %s", wanted->parameter, wanted->good[0]);
    for (size_t i = 0; wanted->good[i]; i++)
        if (slice_equal(value, slice_from(wanted->good[i]))) {
            finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %s", wanted->good[i]);
            return;
        }
    finding_add(check->findings, wanted->missing, name, write, wanted->why, "is \"%.*s\"", (int)value.len,
                value.ptr);
}

static bool is_discarded(const struct postfix_check *check, const struct postconf_service *service,
                         const char *keyword, bool *own)
{
    struct slice rest = postconf_value_at(check->postconf, service, "smtpd_discard_ehlo_keywords", own), word;
    while (postconf_next(&rest, &word))
        if (slice_equal_nocase(word, slice_from(keyword)))
            return true;
    return false;
}

// Dovecot's LMTP has no SMTPUTF8: the only copy of a primary domain's mail would bounce.
static void check_utf8(const struct postfix_check *check, const struct postconf_service *service)
{
    static const char *const parameter = "smtputf8_enable";
    char name[128];
    bool own, own_keywords;
    const struct slice value = postconf_value_at(check->postconf, service, parameter, &own);
    label(service, parameter, own, name, sizeof name);
    if (slice_equal(value, SLICE("no")) || is_discarded(check, service, "smtputf8", &own_keywords))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "SMTPUTF8 is not offered");
    else
        finding_add(check->findings, FINDING_ERROR, name, "smtputf8_enable = no",
                    "the mail store's LMTP and many customers' servers have no SMTPUTF8: mail accepted with "
                    "it bounces there (5.6.7)",
                    "is \"%.*s\"", (int)value.len, value.ptr);
}

static void check_dsn(const struct postfix_check *check, const struct postconf_service *service,
                      bool submission)
{
    char name[128];
    bool own;
    const bool discarded = is_discarded(check, service, "dsn", &own);
    label(service, "smtpd_discard_ehlo_keywords", own, name, sizeof name);
    if (!submission && !discarded)
        finding_add(
            check->findings, FINDING_WARNING, name, "smtpd_discard_ehlo_keywords = silent-discard, dsn, etrn",
            "reports of success go to forged senders (NOTIFY=SUCCESS): backscatter", "offers DSN to all");
    else if (submission && discarded)
        finding_add(check->findings, FINDING_WARNING, name,
                    "-o smtpd_discard_ehlo_keywords=silent-discard,etrn",
                    "users cannot ask for reports of delivery", "does not offer DSN to authenticated users");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL,
                    submission ? "authenticated users may ask for DSN" : "DSN is not offered");
}

static void check_etrn(const struct postfix_check *check, const struct postconf_service *service)
{
    static const char *const parameter = "smtpd_etrn_restrictions";
    char name[128];
    bool own, refused = false;
    struct restriction_list list;
    (void)postconf_value_at(check->postconf, service, parameter, &own);
    restriction_read(check->postconf, service, parameter, &list);
    for (size_t i = 0; i < list.count && !restriction_is(&list.items[i], "permit"); i++)
        refused = refused || restriction_is(&list.items[i], "reject");
    label(service, parameter, own, name, sizeof name);
    if (refused)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "ETRN is refused");
    else
        finding_add(check->findings, FINDING_WARNING, name, "smtpd_etrn_restrictions = reject",
                    "any client can trigger deliveries to a customer's server as often as it likes",
                    "ETRN is open to all");
}

// Returns whether a table refuses the null sender; only inline tables can be read.
static bool refuses_null(const struct restriction_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct slice table = list->items[i].argument;
        if (restriction_is(&list->items[i], "check_sender_access") &&
            (!slice_has_prefix(table, SLICE("inline:")) || memmem(table.ptr, table.len, "<>", 2)))
            return true;
    }
    return false;
}

static void check_null_sender(const struct postfix_check *check, const struct postconf_service *service)
{
    char name[128];
    bool refused = false;
    for (size_t i = 0; restriction_parameters[i] && !refused; i++) {
        struct restriction_list list;
        restriction_read(check->postconf, service, restriction_parameters[i], &list);
        refused = refuses_null(&list);
    }
    label(service, "smtpd_sender_restrictions", true, name, sizeof name);
    if (refused)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "refuses the null sender");
    else
        finding_add(check->findings, FINDING_WARNING, name,
                    "check_sender_access inline:{{<> = 550 5.7.1 Send under an address of your own}}",
                    "authenticated users send without an address of their own, and bypass its checks",
                    "takes the null sender");
}

static void check_service(const struct postfix_check *check, const struct postconf_service *service)
{
    const bool submission = restriction_is_submission(check->postconf, service);
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        check_switch(check, service, &switches[i]);
    check_etrn(check, service);
    check_dsn(check, service, submission);
    check_utf8(check, service);
    if (submission)
        check_null_sender(check, service);
}

void check_smtpd(const struct postfix_check *check)
{
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        if (slice_equal(service.command, SLICE("smtpd")) && !postconf_is_inner(&service))
            check_service(check, &service);
}
