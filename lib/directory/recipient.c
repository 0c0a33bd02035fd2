// SPDX-License-Identifier: BSD-2-Clause
#include "directory/recipient.h"

struct recipient_domain recipient_domain_of(const struct domain_row *row)
{
    const bool primary = row->mode == DOMAIN_PRIMARY;
    return (struct recipient_domain){.name = row->name,
                                     .catchall = row->catchall,
                                     .verified = !primary && row->verify_recipients,
                                     .relayed = !primary || row->transport.len > 0,
                                     .stored = primary || row->keep_copy};
}

enum directory_rc recipient_domain(const struct directory_snapshot *rows, struct slice name,
                                   struct recipient_domain *out)
{
    struct domain_row row;
    const enum directory_rc rc = directory_domain_of(rows, name, &row);
    if (rc == DIRECTORY_OK)
        *out = recipient_domain_of(&row);
    return rc;
}

// Writes "local@domain"; empty, which no row is, where it is too long for an address.
static struct slice put_address(struct slice local, struct slice domain, char out[ADDRESS_MAX + 1])
{
    const size_t len = local.len + 1 + domain.len;
    if (len > ADDRESS_MAX)
        return slice_make(out, 0);
    memcpy(out, local.ptr, local.len);
    out[local.len] = '@';
    memcpy(out + local.len + 1, domain.ptr, domain.len);
    out[len] = '\0';
    return slice_make(out, len);
}

static bool is_never_split(struct slice local, struct slice delimiters)
{
    if (slice_equal(local, SLICE("mailer-daemon")) || slice_equal(local, SLICE("double-bounce")))
        return true;
    return delimiters.len && memchr(delimiters.ptr, '-', delimiters.len) &&
           (slice_has_prefix(local, SLICE("owner-")) ||
            (local.len > strlen("-request") && slice_has_suffix_nocase(local, SLICE("-request"))));
}

// A quoted local part is split within its quotes, which the rest may no longer need.
static bool put_base(struct slice local, size_t at, char out[ADDRESS_MAX + 1])
{
    char quoted[ADDRESS_MAX + 1];
    if (local.ptr[0] != '"')
        return slice_copy(slice_make(local.ptr, at), out, ADDRESS_MAX + 1);
    const struct slice closed = SLICE("\"@x.invalid");
    if (at + closed.len > ADDRESS_MAX)
        return false;
    memcpy(quoted, local.ptr, at);
    memcpy(quoted + at, closed.ptr, closed.len);
    if (address_fold(slice_make(quoted, at + closed.len), out) != ADDRESS_OK)
        return false;
    *strrchr(out, '@') = '\0';
    return true;
}

bool recipient_base(struct slice local, struct slice delimiters, char out[ADDRESS_MAX + 1])
{
    const size_t first = local.len && local.ptr[0] == '"' ? 2 : 1;
    if (delimiters.len == 0 || is_never_split(local, delimiters))
        return false;
    for (size_t at = first; at < local.len; at++)
        if (memchr(delimiters.ptr, local.ptr[at], delimiters.len))
            return put_base(local, at, out);
    return false;
}

static struct slice delimiters_of(const struct directory_snapshot *rows, enum directory_rc *rc)
{
    struct slice delimiters;
    *rc = directory_setting(rows, "recipient_delimiter", &delimiters);
    return *rc == DIRECTORY_OK ? delimiters : SLICE("+");
}

char recipient_delimiter(const struct directory_snapshot *rows)
{
    enum directory_rc rc;
    const struct slice delimiters = delimiters_of(rows, &rc);
    if (delimiters.len == 0)
        return '\0';
    return delimiters.ptr[0];
}

// Looks for rows of exactly this address; DIRECTORY_NOT_FOUND where there is none.
static enum directory_rc find_rows(const struct directory_snapshot *rows, struct slice address,
                                   struct recipient *out)
{
    struct mailbox_row mailbox;
    const enum directory_rc alias =
        directory_aliases(rows, address, out->targets, RECIPIENT_TARGETS_MAX, &out->target_count);
    const enum directory_rc boxed = directory_mailbox(rows, address, &mailbox);
    if (alias == DIRECTORY_UNAVAILABLE || boxed == DIRECTORY_UNAVAILABLE)
        return DIRECTORY_UNAVAILABLE;
    if (boxed == DIRECTORY_OK) {
        out->mailbox = mailbox.address;
        out->kind = mailbox.candidate ? RECIPIENT_CANDIDATE : RECIPIENT_MAILBOX;
    }
    if (alias == DIRECTORY_OK)
        out->kind = RECIPIENT_ALIAS;
    return alias == DIRECTORY_OK ? alias : boxed;
}

static enum directory_rc find_base(const struct directory_snapshot *rows, struct slice local,
                                   const struct recipient_domain *domain, struct recipient *out)
{
    char base[ADDRESS_MAX + 1];
    enum directory_rc rc;
    const struct slice delimiters = delimiters_of(rows, &rc);
    if (rc == DIRECTORY_UNAVAILABLE)
        return rc;
    if (!recipient_base(local, delimiters, base))
        return DIRECTORY_NOT_FOUND;
    return find_rows(rows, put_address(slice_from(base), domain->name, out->row), out);
}

enum directory_rc recipient_find(const struct directory_snapshot *rows, struct slice local,
                                 const struct recipient_domain *domain, struct recipient *out)
{
    out->kind = RECIPIENT_UNKNOWN;
    out->mailbox = slice_make(NULL, 0);
    out->target_count = 0;
    enum directory_rc rc = find_rows(rows, put_address(local, domain->name, out->row), out);
    if (rc == DIRECTORY_NOT_FOUND)
        rc = find_base(rows, local, domain, out);
    if (rc != DIRECTORY_NOT_FOUND)
        return rc;
    if (domain->catchall)
        out->kind = RECIPIENT_CATCHALL;
    else if (domain->verified)
        out->kind = RECIPIENT_VERIFIED;
    return DIRECTORY_OK;
}
