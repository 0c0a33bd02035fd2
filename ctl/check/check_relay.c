// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"
#include "ctl/check/postfix_check.h"
#include "ctl/check/restriction.h"

// A network of this many addresses does not belong to one operator.
enum { PREFIX4_MIN = 8, PREFIX6_MIN = 16 };

static bool has(const struct restriction_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (restriction_is(&list->items[i], name))
            return true;
    return false;
}

static void label(const struct postconf_service *service, const char *parameter, char *out, size_t size)
{
    snprintf(out, size, "%.*s/%.*s/%s", (int)service->name.len, service->name.ptr, (int)service->type.len,
             service->type.ptr, parameter);
}

// "192.0.2.0/24", "[2001:db8::]/32"; the length is read although host bits may be set.
static bool is_too_wide(struct slice word)
{
    struct slice base, length;
    struct ip ip;
    unsigned long long prefix;
    if (slice_equal(word, SLICE("static:all")) || slice_equal(word, SLICE("static:*")))
        return true;
    if (!slice_split_last(word, '/', &base, &length) || !slice_number(length, 128, &prefix))
        return false;
    return ip_parse_bracketed(base, &ip) && prefix < (ip.bits == 32 ? PREFIX4_MIN : PREFIX6_MIN);
}

static void check_networks(const struct postfix_check *check, const struct postconf_service *service)
{
    bool own;
    struct slice rest = postconf_value_at(check->postconf, service, "mynetworks", &own), word;
    char name[128] = "mynetworks";
    if (own)
        label(service, "mynetworks", name, sizeof name);
    while (postconf_next(&rest, &word))
        if (is_too_wide(word)) {
            finding_add(check->findings, FINDING_ERROR, name, "mynetworks = 127.0.0.0/8 [::1]/128",
                        "permit_mynetworks lets all of them relay to anywhere", "holds %.*s", (int)word.len,
                        word.ptr);
            return;
        }
    finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is as narrow as it should be");
}

static void check_service(const struct postfix_check *check, const struct postconf_service *service)
{
    enum restriction_relay best = RESTRICTION_OPEN;
    bool trusts_networks = false, mx_backup = false;
    char name[128];
    for (size_t i = 0; restriction_parameters[i]; i++) {
        struct restriction_list list;
        restriction_read(check->postconf, service, restriction_parameters[i], &list);
        const enum restriction_relay relay = restriction_relay(&list);
        best = relay > best ? relay : best;
        trusts_networks = trusts_networks || has(&list, "permit_mynetworks");
        mx_backup = mx_backup || has(&list, "permit_mx_backup");
    }
    label(service, "smtpd_relay_restrictions", name, sizeof name);
    if (best == RESTRICTION_OPEN)
        finding_add(check->findings, FINDING_ERROR, name,
                    "smtpd_relay_restrictions = reject_unauth_destination",
                    "anybody relays to anywhere: open relay", "nothing stops mail to foreign domains");
    else if (best == RESTRICTION_BY_TABLE)
        finding_add(check->findings, FINDING_WARNING, name,
                    "smtpd_relay_restrictions = reject_unauth_destination",
                    "a client that gets OK from it relays to anywhere",
                    "asks a table before it stops mail to foreign domains");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "mail to foreign domains is stopped");
    if (mx_backup)
        finding_add(check->findings, FINDING_WARNING, name, NULL,
                    "mail is accepted for any domain whose MX is this host, not only for those in the rows",
                    "permit_mx_backup");
    if (trusts_networks)
        check_networks(check, service);
}

// An MX whose list ends in reject takes mail from the operator's own clients only.
static void check_open(const struct postfix_check *check, const struct postconf_service *service)
{
    char name[128];
    const char *list = restriction_refuses_all(check->postconf, service);
    if (!list || !restriction_is_port_25(service) || postconf_is_inner(service) ||
        restriction_is_submission(check->postconf, service))
        return;
    label(service, list, name, sizeof name);
    finding_add(
        check->findings, FINDING_ERROR, name,
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, "
        "check_policy_service { unix:emailgency/policyd, timeout=5s, try_limit=2, default_action=DUNNO }",
        "no mail from other hosts is received", "ends in reject");
}

// Postfix treats "%", "!" and "@" in a local part as routing that the next server may follow, whatever it
// does with them itself (src/trivial-rewrite/resolve.c).
static void check_routing(const struct postfix_check *check)
{
    static const char *const name = "allow_untrusted_routing";
    const struct slice value = postconf_value(check->postconf, name);
    if (slice_equal(value, SLICE("no")))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is no");
    else
        finding_add(check->findings, FINDING_ERROR, name, "allow_untrusted_routing = no",
                    "a customer's server may pass mail to user%elsewhere@domain on: open relay through it",
                    "is %.*s", (int)value.len, value.ptr);
}

void check_relay(const struct postfix_check *check)
{
    struct postconf_service service;
    size_t servers = 0;
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++) {
        if (slice_equal(service.command, SLICE("smtpd"))) {
            servers++;
            check_service(check, &service);
            check_open(check, &service);
        }
    }
    if (servers == 0)
        finding_add(check->findings, FINDING_ERROR, "master.cf", "smtp inet n - y - - smtpd",
                    "no mail is received", "has no smtpd");
    check_routing(check);
}
