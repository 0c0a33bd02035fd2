// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"
#include "ctl/check/restriction.h"

#define WRITE(endpoint) "smtpd_milters = { %s, command_timeout=30s, default_action=accept }", endpoint

// The milter answers within 20 s (spf_within_ms); Postfix must wait longer.
enum { TIMEOUT_MIN = 25 };

// A service, and the position of the milter in its list.
struct service {
    const struct postfix_check *check;
    const struct postconf_service *service;
    char name[128], write[256];
    struct slice element;
    bool found, first;
};

static const char *endpoint(const struct postfix_check *check)
{
    return check->milter ? check->milter : POSTFIX_CHECK_MILTER;
}

// By default any path that ends in the name of the socket: an absolute one, or that of another instance.
static bool is_own(const struct postfix_check *check, struct slice element)
{
    const struct slice name = postconf_endpoint(element), wanted = slice_from(endpoint(check));
    const struct slice tail = slice_skip(SLICE(POSTFIX_CHECK_MILTER), strlen("unix:"));
    if (slice_equal(name, wanted))
        return true;
    return slice_equal(wanted, SLICE(POSTFIX_CHECK_MILTER)) && name.len > 5 &&
           memcmp(name.ptr, "unix:", 5) == 0 && slice_has_suffix_nocase(name, tail);
}

static bool find(const struct postfix_check *check, struct slice list, struct slice *element, bool *first)
{
    *first = true;
    for (struct slice rest = list; postconf_next(&rest, element); *first = false)
        if (is_own(check, *element))
            return true;
    return false;
}

static struct slice value_of(const struct service *of, const char *parameter)
{
    bool own;
    return postconf_value_at(of->check->postconf, of->service, parameter, &own);
}

static struct slice attribute(const struct service *of, const char *name, const char *parameter)
{
    return postconf_attribute(of->element, name, value_of(of, parameter));
}

static void check_attributes(const struct service *of)
{
    int64_t seconds;
    struct slice version, protocol = attribute(of, "protocol", "milter_protocol");
    const struct slice action = attribute(of, "default_action", "milter_default_action");
    const struct slice timeout = attribute(of, "command_timeout", "milter_command_timeout");
    struct findings *findings = of->check->findings;
    if (!slice_equal_nocase(action, SLICE("accept")))
        finding_add(findings, FINDING_ERROR, of->name, of->write,
                    "while the milter is away mail is deferred or refused",
                    "the milter's default_action is \"%.*s\"", (int)action.len, action.ptr);
    if (!postconf_seconds(timeout, 's', &seconds) || seconds <= TIMEOUT_MIN)
        finding_add(findings, FINDING_WARNING, of->name, of->write,
                    "an SPF check may take 20 s; after this timeout Postfix accepts mail without any check",
                    "the milter's command_timeout is %.*s", (int)timeout.len, timeout.ptr);
    if (!postconf_next(&protocol, &version) || !slice_equal(version, SLICE("6")))
        finding_add(findings, FINDING_ERROR, of->name, "milter_protocol = 6",
                    "the milter cannot negotiate what it needs, and default_action applies to all mail",
                    "milter_protocol is \"%.*s\"", (int)version.len, version.ptr);
}

static void check_place(const struct service *of)
{
    struct findings *findings = of->check->findings;
    const struct slice path = slice_skip(postconf_endpoint(of->element), strlen("unix:"));
    if (!of->first)
        finding_add(findings, FINDING_WARNING, of->name, of->write,
                    "it sees forged results, and its own with the same authserv-id are removed as forged",
                    "another filter comes before the milter");
    if (path.len > 0 && path.ptr[0] == '/' && slice_equal(of->service->chroot, SLICE("y")))
        finding_add(findings, FINDING_ERROR, of->name, of->write,
                    "in its chroot smtpd sees only paths relative to the queue directory", "%.*s is absolute",
                    (int)path.len, path.ptr);
}

static bool is_switched_off(const struct service *of)
{
    struct slice rest = value_of(of, "receive_override_options"), word;
    while (postconf_next(&rest, &word))
        if (slice_equal(word, SLICE("no_milters")))
            return true;
    return false;
}

static void check_missing(const struct service *of)
{
    const struct postfix_check *check = of->check;
    struct slice element;
    bool first;
    const bool dropped = find(check, postconf_value(check->postconf, "smtpd_milters"), &element, &first);
    if (restriction_is_submission(check->postconf, of->service))
        finding_add(check->findings, FINDING_WARNING, of->name, of->write,
                    "senders' size limits and signed senders do not apply, and sent mail is not counted",
                    dropped ? "-o smtpd_milters drops the milter" : "does not ask the milter");
    else
        finding_add(check->findings, FINDING_ERROR, of->name, of->write,
                    "SPF, size limits and the protection from backscatter do not apply",
                    dropped ? "-o smtpd_milters drops the milter" : "does not ask the milter");
}

static void check_service(const struct service *of)
{
    struct findings *findings = of->check->findings;
    const size_t before = findings->count;
    if (!of->found) {
        check_missing(of);
        return;
    }
    if (is_switched_off(of))
        finding_add(findings, FINDING_ERROR, of->name, NULL, "no milter is called",
                    "receive_override_options has no_milters");
    check_attributes(of);
    check_place(of);
    if (findings->count == before)
        finding_add(findings, FINDING_OK, of->name, NULL, NULL, "asks the milter");
}

// Returns whether the service calls the milter.
static bool visit(const struct postfix_check *check, const struct postconf_service *service)
{
    struct service of = {.check = check, .service = service};
    snprintf(of.name, sizeof of.name, "%.*s/%.*s/smtpd_milters", (int)service->name.len, service->name.ptr,
             (int)service->type.len, service->type.ptr);
    snprintf(of.write, sizeof of.write, WRITE(endpoint(check)));
    of.found = find(check, value_of(&of, "smtpd_milters"), &of.element, &of.first);
    if (of.found || !postconf_is_inner(service))
        check_service(&of);
    return of.found;
}

static void check_other_mail(const struct postfix_check *check)
{
    static const char *const name = "non_smtpd_milters";
    struct slice element;
    bool first;
    if (find(check, postconf_value(check->postconf, name), &element, &first))
        finding_add(
            check->findings, FINDING_ERROR, name, "non_smtpd_milters =",
            "Postfix's own mail, and mail that it sends again, is bounced by rules for remote clients",
            "asks the milter");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "does not ask the milter");
}

void check_milter(const struct postfix_check *check)
{
    struct postconf_service service;
    char write[256];
    bool asked = false, seen = false;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        if (slice_equal(service.command, SLICE("smtpd"))) {
            asked = visit(check, &service) || asked;
            seen = seen || !postconf_is_inner(&service);
        }
    snprintf(write, sizeof write, WRITE(endpoint(check)));
    if (!asked && !seen)
        finding_add(check->findings, FINDING_ERROR, "smtpd_milters", write,
                    "SPF, size limits and the protection from backscatter do not apply",
                    "no smtpd asks the milter");
    check_other_mail(check);
}
