// SPDX-License-Identifier: BSD-2-Clause
#include "directory/recipient.h"

#include "base/batv_tag.h"

#include <stdio.h>

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

// The text between the quotes of a local part; all of one without quotes.
static struct slice content_of(struct slice local)
{
    return local.len > 1 && local.ptr[0] == '"' ? slice_make(local.ptr + 1, local.len - 2) : local;
}

static bool is_never_split(struct slice content, struct slice delimiters)
{
    if (slice_equal(content, SLICE("mailer-daemon")) || slice_equal(content, SLICE("double-bounce")))
        return true;
    return delimiters.len && memchr(delimiters.ptr, '-', delimiters.len) &&
           (slice_has_prefix(content, SLICE("owner-")) ||
            (content.len > strlen("-request") && slice_has_suffix_nocase(content, SLICE("-request"))));
}

// The positions of the first delimiters of `content`, its first byte excepted, from left to right.
static size_t find_splits(struct slice content, struct slice delimiters, size_t at[RECIPIENT_SPLITS_MAX])
{
    size_t count = 0;
    if (delimiters.len == 0 || is_never_split(content, delimiters))
        return 0;
    for (size_t i = 1; i < content.len && count < RECIPIENT_SPLITS_MAX; i++)
        if (memchr(delimiters.ptr, content.ptr[i], delimiters.len))
            at[count++] = i;
    return count;
}

// Writes a part of a local part, folded. A quoted one is split within its quotes, which the part may no
// longer need.
static bool put_user(struct slice user, bool quoted, char out[ADDRESS_MAX + 1])
{
    char text[ADDRESS_MAX + 1];
    if (!quoted)
        return slice_copy(user, out, ADDRESS_MAX + 1);
    const int len = snprintf(text, sizeof text, "\"%.*s\"@x.invalid", (int)user.len, user.ptr);
    if (len < 0 || (size_t)len >= sizeof text ||
        address_fold(slice_make(text, (size_t)len), out) != ADDRESS_OK)
        return false;
    *strrchr(out, '@') = '\0';
    return true;
}

bool recipient_base(struct slice local, struct slice delimiters, char out[ADDRESS_MAX + 1])
{
    size_t at[RECIPIENT_SPLITS_MAX], tag;
    struct slice content = content_of(local);
    const bool quoted = content.ptr != local.ptr;
    const bool tagged = delimiters.len > 0 && batv_tag_find(local, delimiters.ptr[0], &tag);
    if (tagged)
        content.len = tag - quoted;
    if (find_splits(content, delimiters, at) > 0)
        return put_user(slice_make(content.ptr, at[0]), quoted, out);
    return tagged && put_user(content, quoted, out);
}

bool recipient_extend(struct slice target, struct slice extension, char out[ADDRESS_MAX + 1])
{
    char text[2 * ADDRESS_MAX];
    struct slice local, domain;
    (void)slice_split_last(target, '@', &local, &domain);
    const struct slice user = content_of(local);
    const int len = snprintf(text, sizeof text, "\"%.*s%.*s\"@%.*s", (int)user.len, user.ptr,
                             (int)extension.len, extension.ptr, (int)domain.len, domain.ptr);
    out[0] = '\0';
    return len > 0 && (size_t)len < sizeof text &&
           address_fold(slice_make(text, (size_t)len), out) == ADDRESS_OK;
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
    // A blocked address is known to be unknown: neither the catch-all nor the customer's server is asked.
    if (boxed == DIRECTORY_OK && !mailbox.blocked) {
        out->mailbox = mailbox.address;
        out->kind = mailbox.candidate ? RECIPIENT_CANDIDATE : RECIPIENT_MAILBOX;
    }
    if (alias == DIRECTORY_OK)
        out->kind = RECIPIENT_ALIAS;
    return alias == DIRECTORY_OK ? alias : boxed;
}

// The same for the first `len` bytes of `content`, which then are the user.
static enum directory_rc find_user(const struct directory_snapshot *rows, struct slice content, bool quoted,
                                   size_t len, const struct recipient_domain *domain, struct recipient *out)
{
    char user[ADDRESS_MAX + 1];
    if (!put_user(slice_make(content.ptr, len), quoted, user))
        return DIRECTORY_NOT_FOUND;
    const enum directory_rc rc = find_rows(rows, put_address(slice_from(user), domain->name, out->row), out);
    if (rc == DIRECTORY_OK) {
        out->user = slice_make(content.ptr, len);
        out->extension = slice_skip(content, len);
    }
    return rc;
}

// Steps 2 and 3.
static enum directory_rc find_shorter(const struct directory_snapshot *rows, struct slice local,
                                      const struct recipient_domain *domain, struct recipient *out)
{
    enum directory_rc rc;
    struct slice content = content_of(local);
    const bool quoted = content.ptr != local.ptr;
    size_t at[RECIPIENT_SPLITS_MAX], tag;
    const struct slice delimiters = delimiters_of(rows, &rc);
    if (rc == DIRECTORY_UNAVAILABLE || delimiters.len == 0)
        return rc == DIRECTORY_UNAVAILABLE ? rc : DIRECTORY_NOT_FOUND;
    rc = DIRECTORY_NOT_FOUND;
    if (batv_tag_find(local, delimiters.ptr[0], &tag)) {
        out->user = content = slice_make(content.ptr, tag - quoted);
        rc = find_user(rows, content, quoted, content.len, domain, out);
    }
    for (size_t i = find_splits(content, delimiters, at); i-- > 0 && rc == DIRECTORY_NOT_FOUND;)
        rc = find_user(rows, content, quoted, at[i], domain, out);
    return rc;
}

enum directory_rc recipient_find(const struct directory_snapshot *rows, struct slice local,
                                 const struct recipient_domain *domain, struct recipient *out)
{
    out->kind = RECIPIENT_UNKNOWN;
    out->user = content_of(local);
    out->extension = out->mailbox = slice_make(NULL, 0);
    out->target_count = 0;
    enum directory_rc rc = find_rows(rows, put_address(local, domain->name, out->row), out);
    if (rc == DIRECTORY_NOT_FOUND)
        rc = find_shorter(rows, local, domain, out);
    if (rc != DIRECTORY_NOT_FOUND)
        return rc;
    if (domain->catchall)
        out->kind = RECIPIENT_CATCHALL;
    else if (domain->verified)
        out->kind = RECIPIENT_VERIFIED;
    return DIRECTORY_OK;
}
