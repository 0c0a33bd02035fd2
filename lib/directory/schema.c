// SPDX-License-Identifier: BSD-2-Clause
#include "directory/schema.h"

#include "base/address.h"
#include "base/transport.h"
#include "directory/whitelist_entry.h"

static const char *const modes[] = {"backup", "primary", NULL};
static const char *const greylistings[] = {"off", "suspicious", "all", NULL};
static const char *const spfs[] = {"off", "mark", "reject", NULL};
static const char *const batvs[] = {"off", "report", "require", NULL};
static const char *const monitorings[] = {"off", "simple", "active", NULL};

static const char *check_domain(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] >= 'A' && value.ptr[i] <= 'Z')
            return "is not in lower case";
    }
    return address_domain_valid(value) ? NULL : "is no domain name such as example.com";
}

static const char *check_address(struct slice value)
{
    char folded[ADDRESS_MAX + 1];
    if (address_fold(value, folded) != ADDRESS_OK)
        return "is no address such as user@example.com";
    return slice_equal(slice_from(folded), value) ? NULL : "is not in lower case or has needless quotes";
}

// An alias may cover a whole domain: "@example.com".
static const char *check_alias(struct slice value)
{
    if (value.len > 1 && value.ptr[0] == '@')
        return check_domain(slice_skip(value, 1));
    return check_address(value);
}

static const char *check_transport(struct slice value)
{
    struct transport ignored;
    return transport_parse(value, &ignored) ? NULL : "is no next hop such as mail.example.com:25";
}

static const char *check_entry(struct slice value)
{
    struct whitelist_entry ignored;
    return whitelist_entry_parse(value, &ignored)
               ? NULL
               : "is no sender, domain, IP address, CIDR range or host:name in lower "
                 "case";
}

static const char *check_filled(struct slice value)
{
    return value.len > 0 ? NULL : "is empty";
}

#define TEXT(type, name, test)                                                                               \
    {                                                                                                        \
#name, SCHEMA_TEXT, offsetof(struct type, name), false, NULL, 0, 0, test                             \
    }
#define TEXT_OR_NULL(type, name, test)                                                                       \
    {                                                                                                        \
#name, SCHEMA_TEXT, offsetof(struct type, name), true, NULL, 0, 0, test                              \
    }
#define BOOL(type, name)                                                                                     \
    {                                                                                                        \
#name, SCHEMA_BOOL, offsetof(struct type, name), false, NULL, 0, 0, NULL                             \
    }
#define NUMBER(type, name, low)                                                                              \
    {                                                                                                        \
#name, SCHEMA_NUMBER, offsetof(struct type, name), false, NULL, low, INT64_MAX, NULL                 \
    }
#define NUMBER_OR_NULL(type, name, low)                                                                      \
    {                                                                                                        \
#name, SCHEMA_NUMBER, offsetof(struct type, name), true, NULL, low, INT64_MAX, NULL                  \
    }
#define WORD(type, name, list)                                                                               \
    {                                                                                                        \
#name, SCHEMA_WORD, offsetof(struct type, name), false, list, 0, 0, NULL                             \
    }

static const struct schema_field setting_fields[] = {
    TEXT(setting_row, name, check_filled),
    TEXT_OR_NULL(setting_row, value, NULL),
};

static const struct schema_field plan_fields[] = {
    TEXT(plan_row, name, check_filled),
    NUMBER(plan_row, max_message_size, 0),
    NUMBER(plan_row, vip_message_size, 0),
    NUMBER(plan_row, mailbox_quota, 0),
    NUMBER(plan_row, vip_quota, 0),
    NUMBER(plan_row, candidate_quota, 0),
    NUMBER(plan_row, max_candidates, 0),
    NUMBER(plan_row, max_mailboxes, 0),
    NUMBER(plan_row, expiry_days, 0),
    BOOL(plan_row, primary_allowed),
    BOOL(plan_row, sms_allowed),
    NUMBER_OR_NULL(plan_row, login_messages_hour, 0),
    NUMBER_OR_NULL(plan_row, login_messages_day, 0),
    NUMBER_OR_NULL(plan_row, login_recipients_hour, 0),
    NUMBER_OR_NULL(plan_row, login_recipients_day, 0),
    NUMBER_OR_NULL(plan_row, domain_messages_hour, 0),
    NUMBER_OR_NULL(plan_row, domain_messages_day, 0),
    NUMBER_OR_NULL(plan_row, domain_recipients_hour, 0),
    NUMBER_OR_NULL(plan_row, domain_recipients_day, 0),
};

static const struct schema_field domain_fields[] = {
    TEXT(domain_row, name, check_domain),
    TEXT(domain_row, plan, check_filled),
    TEXT_OR_NULL(domain_row, transport, check_transport),
    TEXT_OR_NULL(domain_row, alternate_name, check_domain),
    WORD(domain_row, mode, modes),
    WORD(domain_row, greylisting, greylistings),
    WORD(domain_row, spf, spfs),
    WORD(domain_row, batv, batvs),
    WORD(domain_row, monitoring, monitorings),
    BOOL(domain_row, stealth),
    BOOL(domain_row, smtp_deny),
    BOOL(domain_row, blacklisting),
    BOOL(domain_row, whitelisting),
    BOOL(domain_row, catchall),
    BOOL(domain_row, keep_copy),
    BOOL(domain_row, bounce_protection),
    BOOL(domain_row, verify_recipients),
    BOOL(domain_row, greylisting_shadow),
    BOOL(domain_row, receive_only),
    NUMBER(domain_row, queue_alert_messages, 1),
    NUMBER(domain_row, queue_alert_minutes, 1),
};

static const struct schema_field domain_alias_fields[] = {
    TEXT(domain_alias_row, name, check_domain),
    TEXT(domain_alias_row, domain, check_domain),
};

static const struct schema_field mailbox_fields[] = {
    TEXT(mailbox_row, address, check_address),
    TEXT(mailbox_row, domain, check_domain),
    BOOL(mailbox_row, candidate),
    BOOL(mailbox_row, vip),
    BOOL(mailbox_row, smtp_deny),
    BOOL(mailbox_row, smtp_deny_exempt),
    BOOL(mailbox_row, receive_only),
    NUMBER_OR_NULL(mailbox_row, quota, 0),
    NUMBER_OR_NULL(mailbox_row, expiry_days, 0),
    NUMBER_OR_NULL(mailbox_row, max_message_size, 1),
    BOOL(mailbox_row, reads_undelivered),
    BOOL(mailbox_row, blocked),
    BOOL(mailbox_row, over_quota),
};

static const struct schema_field alias_fields[] = {
    TEXT(alias_row, address, check_alias),
    TEXT(alias_row, target, check_alias),
};

static const struct schema_field whitelist_fields[] = {
    TEXT(whitelist_row, domain, check_domain),
    TEXT(whitelist_row, entry, check_entry),
};

static const struct schema_field dnsbl_fields[] = {
    TEXT(dnsbl_row, zone, check_domain),
    TEXT_OR_NULL(dnsbl_row, replies, NULL),
    NUMBER(dnsbl_row, weight, 0),
    BOOL(dnsbl_row, allow),
};

static const struct schema_field best_mx_fields[] = {
    TEXT(best_mx_row, domain, check_domain),
    TEXT_OR_NULL(best_mx_row, host, NULL),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIND(name, key_fields, change_fields)                                                                \
    {                                                                                                        \
#name, name##_fields, COUNT(name##_fields), key_fields, change_fields                                \
    }

// A change of an alias names its address, since its targets are few; one of a white list names the entry.
const struct schema_kind schema_kinds[DIRECTORY_KINDS] = {
    [DIRECTORY_SETTING] = KIND(setting, 1, 1),     [DIRECTORY_PLAN] = KIND(plan, 1, 1),
    [DIRECTORY_DOMAIN] = KIND(domain, 1, 1),       [DIRECTORY_DOMAIN_ALIAS] = KIND(domain_alias, 1, 1),
    [DIRECTORY_MAILBOX] = KIND(mailbox, 1, 1),     [DIRECTORY_ALIAS] = KIND(alias, 2, 1),
    [DIRECTORY_WHITELIST] = KIND(whitelist, 2, 2), [DIRECTORY_DNSBL] = KIND(dnsbl, 1, 1),
    [DIRECTORY_BEST_MX] = KIND(best_mx, 1, 1),
};

_Static_assert(COUNT(domain_fields) <= SCHEMA_FIELDS_MAX,
               "a kind has more fields than readers make room for");

bool schema_kind_named(struct slice name, enum directory_kind *out)
{
    for (size_t i = 0; i < DIRECTORY_KINDS; i++) {
        if (slice_equal(slice_from(schema_kinds[i].name), name)) {
            *out = (enum directory_kind)i;
            return true;
        }
    }
    return false;
}
