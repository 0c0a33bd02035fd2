// SPDX-License-Identifier: BSD-2-Clause
// The replicated kinds of row, as data. One table a kind gives the SQL that reads it, the checks on the way
// in, how a row is stored, and how a reader gets it back.
#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H

#include "base/slice.h"

#include <stdint.h>

// Raised with each change of a stored layout; a replica of another layout is reloaded by the replicator and
// refused by readers.
#define DIRECTORY_LAYOUT 1

enum directory_kind {
    DIRECTORY_SETTING,
    DIRECTORY_PLAN,
    DIRECTORY_DOMAIN,
    DIRECTORY_DOMAIN_ALIAS,
    DIRECTORY_MAILBOX,
    DIRECTORY_ALIAS,
    DIRECTORY_WHITELIST,
    DIRECTORY_DNSBL,
    DIRECTORY_KINDS
};

enum domain_mode { DOMAIN_BACKUP, DOMAIN_PRIMARY };
enum domain_greylisting { GREYLISTING_OFF, GREYLISTING_SUSPICIOUS, GREYLISTING_ALL };
enum domain_spf { SPF_OFF, SPF_MARK, SPF_REJECT };

// Rows as readers see them. Slices point into the replica and are valid until the snapshot ends. A null text
// is an empty slice.
struct setting_row {
    struct slice name, value;
};

struct plan_row {
    struct slice name;
    int64_t max_message_size, vip_message_size, mailbox_quota, vip_quota, candidate_quota; // bytes
    int64_t max_candidates, max_mailboxes, expiry_days;
    bool primary_allowed, sms_allowed;
};

struct domain_row {
    struct slice name, plan, transport, alternate_name;
    enum domain_mode mode;
    enum domain_greylisting greylisting;
    enum domain_spf spf;
    bool stealth, smtp_deny, blacklisting, whitelisting, catchall, keep_copy, bounce_protection,
        verify_recipients;
    bool greylisting_shadow;
};

struct domain_alias_row {
    struct slice name, domain;
};

struct mailbox_row {
    struct slice address, domain;
    bool candidate, vip, smtp_deny;
    int64_t quota, expiry_days; // -1: null, the plan's
};

struct alias_row {
    struct slice address, target;
};

struct whitelist_row {
    struct slice domain, entry;
};

struct dnsbl_row {
    struct slice zone, replies;
    int64_t weight;
    bool allow;
};

#endif
