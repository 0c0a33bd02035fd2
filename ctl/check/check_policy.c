// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"
#include "ctl/check/restriction.h"

#define POLICYD "emailgency/policyd"
#define SERVICE "check_policy_service { unix:" POLICYD ", timeout=5s, try_limit=2, default_action=DUNNO"

// policyd answers within 2 s; a client should not wait much longer.
enum { TIMEOUT_MIN = 2, TIMEOUT_MAX = 30 };

struct policy_call {
    struct slice endpoint, default_action, timeout, context;
};

// Attributes that the call lacks are those of main.cf. Returns false if it does not call policyd.
static bool read_call(const struct postconf *postconf, struct slice argument, struct policy_call *out)
{
    *out = (struct policy_call){
        .endpoint = postconf_endpoint(argument),
        .default_action = postconf_attribute(argument, "default_action",
                                             postconf_value(postconf, "smtpd_policy_service_default_action")),
        .timeout =
            postconf_attribute(argument, "timeout", postconf_value(postconf, "smtpd_policy_service_timeout")),
        .context = postconf_attribute(argument, "policy_context",
                                      postconf_value(postconf, "smtpd_policy_service_policy_context")),
    };
    return slice_has_suffix_nocase(out->endpoint, SLICE(POLICYD));
}

static void check_attributes(const struct postfix_check *check, const struct postconf_service *service,
                             const char *name, const struct policy_call *call)
{
    int64_t seconds;
    const struct slice path = slice_skip(call->endpoint, strlen("unix:"));
    if (!slice_equal_nocase(call->default_action, SLICE("DUNNO")))
        finding_add(check->findings, FINDING_ERROR, name, SERVICE " }",
                    "while policyd is away all mail is refused or deferred",
                    "policyd's default_action is \"%.*s\"", (int)call->default_action.len,
                    call->default_action.ptr);
    if (!postconf_seconds(call->timeout, 's', &seconds) || seconds <= TIMEOUT_MIN || seconds > TIMEOUT_MAX)
        finding_add(check->findings, FINDING_WARNING, name, SERVICE " }",
                    "policyd answers within 2 s: less cuts answers off, much more holds senders up",
                    "policyd's timeout is %.*s", (int)call->timeout.len, call->timeout.ptr);
    if (path.len > 0 && path.ptr[0] == '/' && slice_equal(service->chroot, SLICE("y")))
        finding_add(check->findings, FINDING_ERROR, name, SERVICE " }",
                    "in its chroot smtpd sees only paths relative to the queue directory", "%.*s is absolute",
                    (int)call->endpoint.len, call->endpoint.ptr);
}

// The position of the call of policyd in `list`; `list->count` if there is none.
static size_t find_call(const struct postconf *postconf, const struct restriction_list *list,
                        struct policy_call *out)
{
    size_t i = 0;
    while (i < list->count && !(restriction_is(&list->items[i], "check_policy_service") &&
                                read_call(postconf, list->items[i].argument, out)))
        i++;
    return i;
}

static bool stops_relaying_before(const struct restriction_list *list, size_t at)
{
    struct restriction_list head = *list;
    head.count = at;
    return restriction_relay(&head) != RESTRICTION_OPEN;
}

// A restriction before policyd may bypass it. That is right for the operator's own and authenticated clients.
static void check_before(const struct postfix_check *check, const char *name,
                         const struct restriction_list *list, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const struct slice word = list->items[i].name;
        if (restriction_is(&list->items[i], "permit"))
            finding_add(check->findings, FINDING_ERROR, name, "smtpd_recipient_restrictions = " SERVICE " }",
                        "policyd is never asked", "permits all mail before policyd is asked");
        else if (restriction_is(&list->items[i], "permit_dnswl_client"))
            finding_add(check->findings, FINDING_WARNING, name, NULL,
                        "stealth and SMTP deny do not apply to them; use a row in dnsbl with allow instead",
                        "%.*s bypasses policyd", (int)word.len, word.ptr);
    }
}

static void check_order(const struct postfix_check *check, const struct postconf_service *service,
                        const char *name, const struct restriction_list *list, size_t at)
{
    struct restriction_list relay;
    restriction_read(check->postconf, service, "smtpd_relay_restrictions", &relay);
    const bool relay_first = slice_equal(
        postconf_value(check->postconf, "smtpd_relay_before_recipient_restrictions"), SLICE("yes"));
    if (!(relay_first && restriction_relay(&relay) != RESTRICTION_OPEN) && !stops_relaying_before(list, at))
        finding_add(check->findings, FINDING_WARNING, name,
                    "smtpd_recipient_restrictions = reject_unauth_destination, " SERVICE " }",
                    "DNS lists and greylisting are asked for mail that is refused anyway",
                    "asks policyd before reject_unauth_destination");
}

static void check_mx(const struct postfix_check *check, const struct postconf_service *service,
                     const char *name)
{
    struct restriction_list list;
    struct policy_call call;
    restriction_read(check->postconf, service, "smtpd_recipient_restrictions", &list);
    const size_t at = find_call(check->postconf, &list, &call);
    if (at == list.count) {
        finding_add(check->findings, FINDING_ERROR, name, "smtpd_recipient_restrictions = " SERVICE " }",
                    "stealth, white lists, DNS lists and greylisting do not apply", "does not ask policyd");
        return;
    }
    const size_t before = check->findings->count;
    if (slice_equal(call.context, SLICE("submission")))
        finding_add(check->findings, FINDING_ERROR, name, SERVICE " }",
                    "with this context policyd decides SMTP deny and nothing else",
                    "policy_context=submission, but unauthenticated clients may send here");
    check_attributes(check, service, name, &call);
    check_before(check, name, &list, at);
    check_order(check, service, name, &list, at);
    if (check->findings->count == before)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "asks policyd");
}

static void check_call(const struct postfix_check *check, const struct postconf_service *service,
                       const char *name, const struct policy_call *call, const char *about)
{
    const size_t before = check->findings->count;
    if (!slice_equal(call->context, SLICE("submission")))
        finding_add(check->findings, FINDING_WARNING, name, SERVICE ", policy_context=submission }",
                    "a customer's own stealth mode would defer what its users send",
                    "asks policyd without policy_context=submission");
    check_attributes(check, service, name, call);
    if (check->findings->count == before)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "asks policyd about %s", about);
}

// Calls after RCPT. A denial still stops the message then; at its end it is counted.
static const struct late_call {
    const char *parameter, *remedy, *risk, *about;
} late_calls[] = {
    {"smtpd_data_restrictions", "-o { smtpd_data_restrictions = " SERVICE ", policy_context=submission } }",
     "a message whose recipients were accepted before the denial is still sent", "SMTP deny"},
    {"smtpd_end_of_data_restrictions",
     "-o { smtpd_end_of_data_restrictions = " SERVICE ", policy_context=submission } }",
     "what logins send is not counted, so that a stolen password sends without limit", "outbound limits"},
};

static void check_late_call(const struct postfix_check *check, const struct postconf_service *service,
                            const struct late_call *late)
{
    char name[128];
    struct restriction_list list;
    struct policy_call call;
    snprintf(name, sizeof name, "%.*s/%.*s/%s", (int)service->name.len, service->name.ptr,
             (int)service->type.len, service->type.ptr, late->parameter);
    restriction_read(check->postconf, service, late->parameter, &list);
    if (find_call(check->postconf, &list, &call) == list.count)
        finding_add(check->findings, FINDING_WARNING, name, late->remedy, late->risk, "does not ask policyd");
    else
        check_call(check, service, name, &call, late->about);
}

static void check_submission(const struct postfix_check *check, const struct postconf_service *service,
                             const char *name)
{
    for (size_t i = 0; restriction_parameters[i]; i++) {
        struct restriction_list list;
        struct policy_call call;
        restriction_read(check->postconf, service, restriction_parameters[i], &list);
        if (find_call(check->postconf, &list, &call) == list.count)
            continue;
        check_call(check, service, name, &call, "SMTP deny");
        return;
    }
    finding_add(check->findings, FINDING_WARNING, name,
                "-o { smtpd_sender_restrictions = " SERVICE ", policy_context=submission } }",
                "SMTP deny does not apply in sessions that are authenticated already",
                "does not ask policyd");
}

void check_policy(const struct postfix_check *check)
{
    struct postconf_service service;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++) {
        char name[128];
        if (!slice_equal(service.command, SLICE("smtpd")))
            continue;
        const bool submission = restriction_is_submission(check->postconf, &service);
        snprintf(name, sizeof name, "%.*s/%.*s/%s", (int)service.name.len, service.name.ptr,
                 (int)service.type.len, service.type.ptr,
                 submission ? "smtpd_sender_restrictions" : "smtpd_recipient_restrictions");
        if (submission) {
            check_submission(check, &service, name);
            for (size_t i = 0; i < sizeof late_calls / sizeof late_calls[0]; i++)
                check_late_call(check, &service, &late_calls[i]);
        } else
            check_mx(check, &service, name);
    }
}
