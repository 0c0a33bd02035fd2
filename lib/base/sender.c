// SPDX-License-Identifier: BSD-2-Clause
#include "base/sender.h"

#include "base/sender_text.h"

#define NESTING_MAX 4 // BATV around SRS around BATV is real; more is play

// With something after it.
static bool starts_with(struct slice in, struct slice prefix)
{
    return in.len > prefix.len && slice_has_prefix_nocase(in, prefix);
}

// Finds `needle` without case; false where it is absent.
static bool split_at_text(struct slice in, struct slice needle, struct slice *head, struct slice *tail)
{
    for (size_t i = 0; i + needle.len <= in.len; i++) {
        if (!slice_equal_nocase(slice_make(in.ptr + i, needle.len), needle))
            continue;
        *tail = slice_skip(in, i + needle.len);
        *head = slice_make(in.ptr, i);
        return true;
    }
    return false;
}

// Takes "tag<separator>user" apart. draft-levine-smtp-batv-01 section 4: a key digit, three of the day, six
// hexadecimal of the hash; this distinguishes "prvs=user=tag" from "prvs=tag=user".
static bool undo_tag(struct slice rest, struct slice separator, struct slice *local)
{
    struct slice tag, user;
    if (!split_at_text(rest, separator, &tag, &user) || tag.len == 0 || user.len == 0)
        return false;
    bool swapped = user.len == 10 && sender_text_is_hex_tag(user) && !sender_text_is_hex_tag(tag);
    *local = swapped ? tag : user;
    return true;
}

static bool undo_batv(struct slice *local)
{
    static const struct {
        struct slice prefix, separator;
    } forms[] = {
        {{"prvs=", 5}, {"=", 1}},
        {{"btv1==", 6}, {"==", 2}},
        {{"msprvs1=", 8}, {"=", 1}},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (starts_with(*local, forms[i].prefix))
            return undo_tag(slice_skip(*local, forms[i].prefix.len), forms[i].separator, local);
    return false;
}

// "hash=day=domain=user".
static bool undo_srs_fields(struct slice in, struct address *parts)
{
    struct slice hash, day, domain, user;
    if (!slice_split(in, '=', &hash, &in) || !slice_split(in, '=', &day, &in) ||
        !slice_split(in, '=', &domain, &user))
        return false;
    if (hash.len == 0 || day.len == 0 || user.len == 0 || !address_domain_valid(domain))
        return false;
    *parts = (struct address){.local = user, .domain = domain};
    return true;
}

// "hash=forwarder=" and what the first forwarder wrote after its "SRS0", separator included.
static bool undo_srs1(struct slice in, struct address *parts)
{
    struct slice hash, forwarder, opaque;
    if (!slice_split(in, '=', &hash, &in) || !slice_split(in, '=', &forwarder, &opaque) ||
        !address_domain_valid(forwarder))
        return false;
    if (!undo_srs_fields(slice_skip(opaque, 1), parts))
        *parts = (struct address){.local = SLICE("srs"), .domain = forwarder};
    return true;
}

static bool is_srs_separator(char byte)
{
    return byte == '=' || byte == '+' || byte == '-';
}

static bool undo_srs(struct address *parts)
{
    struct slice local = parts->local, box, fields;
    bool separated = local.len > 5 && is_srs_separator(local.ptr[4]);
    if (separated && starts_with(local, SLICE("SRS0")))
        return undo_srs_fields(slice_skip(local, 5), parts);
    if (separated && starts_with(local, SLICE("SRS1")))
        return undo_srs1(slice_skip(local, 5), parts);
    return split_at_text(local, SLICE("+SRS="), &box, &fields) && undo_srs_fields(fields, parts);
}

// "user=domain__tag", below a domain that is random for each message.
static bool undo_salesforce(struct address *parts)
{
    struct slice user, domain, tag;
    if (!slice_has_suffix_nocase(parts->domain, SLICE(".bnc.salesforce.com")) ||
        !split_at_text(parts->local, SLICE("__"), &domain, &tag) ||
        !slice_split_last(domain, '=', &user, &domain) || user.len == 0 || !address_domain_valid(domain))
        return false;
    *parts = (struct address){.local = user, .domain = domain};
    return true;
}

// Cuts "-user=domain" and what follows it. Only a domain's bytes come after the "=", and a dot is among them.
static void undo_verp(struct slice *local)
{
    struct slice list, domain, user;
    if (!slice_split_last(*local, '=', &list, &domain) || !sender_text_is_domain(domain))
        return;
    if (slice_split_last(list, '-', &list, &user) && list.len)
        *local = list;
}

static void undo_all(struct address *parts)
{
    struct slice extension;
    for (int i = 0; i < NESTING_MAX; i++)
        if (!undo_batv(&parts->local) && !undo_srs(parts) && !undo_salesforce(parts))
            break;
    if (parts->local.ptr[0] == '"')
        return;
    address_extension(parts->local, '+', &parts->local, &extension);
    undo_verp(&parts->local);
    if (slice_has_suffix_nocase(parts->domain, SLICE(".bounces.google.com")))
        parts->local = SLICE("#");
}

// Envelopes hold more than address_parse takes (a VERP local part of 100 bytes, a domain of U-labels): a
// local part and a domain are all that the rules need.
static bool split_address(struct slice sender, struct address *out)
{
    if (!slice_split_last(sender, '@', &out->local, &out->domain) || out->local.len == 0 ||
        out->domain.len == 0 || sender_text_length(out->domain) > ADDRESS_DOMAIN_MAX)
        return false;
    if (out->local.len > ADDRESS_MAX)
        out->local.len = ADDRESS_MAX;
    return true;
}

void sender_normalise(struct slice sender, char out[ADDRESS_MAX + 1])
{
    struct address parts;
    struct sender_text text = {.bytes = out, .limit = ADDRESS_MAX};
    if (sender.len == 0) {
        sender_text_put(&text, SLICE("<>"));
    } else if (!split_address(sender, &parts)) {
        sender_text_put(&text, sender);
    } else {
        undo_all(&parts);
        text.limit = ADDRESS_MAX - 1 - sender_text_length(parts.domain);
        sender_text_put_local(&text, parts.local);
        text.limit = ADDRESS_MAX;
        sender_text_put(&text, SLICE("@"));
        sender_text_put(&text, parts.domain);
    }
    out[text.len] = '\0';
}

bool sender_untagged(struct slice sender, char out[ADDRESS_MAX + 1])
{
    struct slice local, domain, extension;
    out[0] = '\0';
    if (sender.len > ADDRESS_MAX || !slice_split_last(sender, '@', &local, &domain) || local.len == 0)
        return false;
    bool tagged = undo_batv(&local);
    bool extended = address_extension(local, '+', &local, &extension);
    if (!tagged && !extended)
        return false;
    memcpy(out, local.ptr, local.len);
    out[local.len] = '@';
    memcpy(out + local.len + 1, domain.ptr, domain.len);
    out[local.len + 1 + domain.len] = '\0';
    return true;
}
