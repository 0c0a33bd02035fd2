// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"
#include "ctl/check/restriction.h"

// The suffix of the store's addresses (lib/directory/store_address.h), as in the tables below.
#define TAIL ".store.invalid"

static bool names_tail(struct slice text)
{
    return text.len > 0 && memmem(text.ptr, text.len, TAIL, strlen(TAIL));
}

static void check_generic(const struct postfix_check *check)
{
    static const char *const name = "lmtp_generic_maps";
    const struct postconf_service lmtp = {.name = SLICE("lmtp"), .type = SLICE("unix")};
    bool own;
    const struct slice value = postconf_value_at(check->postconf, &lmtp, name, &own);
    if (value.len > 0)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "removes the suffix of store addresses");
    else
        finding_add(check->findings, FINDING_ERROR, name,
                    "lmtp_generic_maps = regexp:{ { /^(.*)@(.*)\\.store\\.invalid$$/ $$1@$$2 } }",
                    "the mail store has no address that ends in " TAIL ": its copies bounce", "is empty");
}

static bool refuses_tail(const struct postconf *postconf, const struct postconf_service *service)
{
    for (size_t i = 0; restriction_parameters[i]; i++) {
        struct restriction_list list;
        restriction_read(postconf, service, restriction_parameters[i], &list);
        for (size_t n = 0; n < list.count; n++)
            if (restriction_is(&list.items[n], "check_recipient_access") &&
                names_tail(list.items[n].argument))
                return true;
    }
    return false;
}

static void check_submission(const struct postfix_check *check, const struct postconf_service *service)
{
    char name[128];
    snprintf(name, sizeof name, "%.*s/%.*s/smtpd_relay_restrictions", (int)service->name.len,
             service->name.ptr, (int)service->type.len, service->type.ptr);
    if (refuses_tail(check->postconf, service))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "refuses the store's own addresses");
    else
        finding_add(check->findings, FINDING_WARNING, name,
                    "check_recipient_access inline:{{" TAIL " = REJECT}}, permit_sasl_authenticated, reject",
                    "one customer's users reach the store of another without its checks and its server",
                    "accepts mail to the store's own addresses");
}

void check_store(const struct postfix_check *check)
{
    struct postconf_service service;
    if (!check->summary->known || check->summary->stored.count > 0)
        check_generic(check);
    for (size_t n = 0; postconf_service(check->postconf, n, &service); n++)
        if (slice_equal(service.command, SLICE("smtpd")) &&
            restriction_is_submission(check->postconf, &service))
            check_submission(check, &service);
}
