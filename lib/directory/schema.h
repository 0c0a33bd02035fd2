// SPDX-License-Identifier: BSD-2-Clause
// The replicated kinds of row, as data. One table per kind gives the SQL that reads it, the checks on the way
// in, how a row is stored, and how a reader gets it back.
#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H

#include "base/slice.h"

#include <stdint.h>

// Raised with each change of a stored layout; a replica of another layout is reloaded by the replicator and
// refused by readers.
#define DIRECTORY_LAYOUT 7

// The note kept with the rows that says when they were last proved current, in seconds since 1970.
#define DIRECTORY_NOTE_CHECKED_AT "checked_at"
#define DIRECTORY_CHECKED_EVERY_S                                                                            \
    30                       // while no row changes the note is written so often: each write is an fsync
#define DIRECTORY_STALE_S 60 // a replica with an older note lags

enum directory_kind {
    DIRECTORY_SETTING,
    DIRECTORY_PLAN,
    DIRECTORY_DOMAIN,
    DIRECTORY_DOMAIN_ALIAS,
    DIRECTORY_MAILBOX,
    DIRECTORY_ALIAS,
    DIRECTORY_WHITELIST,
    DIRECTORY_DNSBL,
    DIRECTORY_BEST_MX,
    DIRECTORY_KINDS
};

enum domain_mode { DOMAIN_BACKUP, DOMAIN_PRIMARY };
enum domain_greylisting { GREYLISTING_OFF, GREYLISTING_SUSPICIOUS, GREYLISTING_ALL };
enum domain_spf { SPF_OFF, SPF_MARK, SPF_REJECT };
enum domain_batv { BATV_OFF, BATV_REPORT, BATV_REQUIRE };
enum domain_monitoring { MONITORING_OFF, MONITORING_SIMPLE, MONITORING_ACTIVE };

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
    // Limits of one login, and of all logins of a domain; -1: null, no limit.
    int64_t login_messages_hour, login_messages_day, login_recipients_hour, login_recipients_day;
    int64_t domain_messages_hour, domain_messages_day, domain_recipients_hour, domain_recipients_day;
};

struct domain_row {
    struct slice name, plan, transport, alternate_name;
    enum domain_mode mode;
    enum domain_greylisting greylisting;
    enum domain_spf spf;
    enum domain_batv batv;
    enum domain_monitoring monitoring;
    bool stealth, smtp_deny, blacklisting, whitelisting, catchall, keep_copy, bounce_protection,
        verify_recipients;
    bool greylisting_shadow;
    bool receive_only; // none of its addresses sends: bounces to them are refused
    // So many queued messages that are so old are an alert.
    int64_t queue_alert_messages, queue_alert_minutes;
};

struct domain_alias_row {
    struct slice name, domain;
};

struct mailbox_row {
    struct slice address, domain;
    bool candidate, vip, smtp_deny;
    bool smtp_deny_exempt;      // may send although the domain may not
    bool receive_only;          // never sends: bounces to it are refused
    int64_t quota, expiry_days; // -1: null, the plan's
    int64_t max_message_size;   // bytes; -1: null, the plan's. A plan made smaller since bounds it, too
    bool reads_undelivered;     // sees the domain's folder Undelivered
    bool blocked;               // mail to it is refused, whatever the catch-all
    bool over_quota;            // full, and no expiry makes room
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

// A backup domain without transport whose best MX is this service.
struct best_mx_row {
    struct slice domain, host;
};

// Room for a row of any kind.
union schema_row {
    struct setting_row setting;
    struct plan_row plan;
    struct domain_row domain;
    struct domain_alias_row domain_alias;
    struct mailbox_row mailbox;
    struct alias_row alias;
    struct whitelist_row whitelist;
    struct dnsbl_row dnsbl;
    struct best_mx_row best_mx;
};

enum schema_type {
    SCHEMA_TEXT,   // struct slice
    SCHEMA_BOOL,   // bool
    SCHEMA_NUMBER, // int64_t
    SCHEMA_WORD    // an enum; its value is the word's place in `words`
};

#define SCHEMA_TEXT_MAX 1024 // bytes of one text
#define SCHEMA_FIELDS_MAX 24 // fields of one kind

struct schema_field {
    const char *column; // of the table that has the kind's name
    enum schema_type type;
    size_t offset;            // in the row
    bool nullable;            // null is an empty text or -1
    const char *const *words; // SCHEMA_WORD; ends in NULL
    int64_t min, max;         // SCHEMA_NUMBER, inclusive
    // SCHEMA_TEXT: NULL, or a check that returns NULL or the fault. It is not called for an empty text
    // that means null.
    const char *(*check)(struct slice value);
};

struct schema_kind {
    const char *name; // of the table, of the change-log's kind, of the LMDB database
    const struct schema_field *fields;
    size_t field_count;
    size_t key_fields;    // the first 1 or 2 fields, texts, identify a row
    size_t change_fields; // and so many of them a change names, with a blank between them
};

extern const struct schema_kind schema_kinds[DIRECTORY_KINDS];

// Returns false where no kind has that name.
bool schema_kind_named(struct slice name, enum directory_kind *out) __attribute__((warn_unused_result));

#endif
