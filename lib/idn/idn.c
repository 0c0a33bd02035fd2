// SPDX-License-Identifier: BSD-2-Clause
#include "idn/idn.h"

#include <idn2.h>

#define LABEL_MAX 512 // bytes of a label that is converted; a decomposed one has several per code point

static bool is_ascii(struct slice text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

// Length of the full stop at the start of `in`, of which IDNA has four (UTS #46 section 2.3); 0: none.
static size_t full_stop(struct slice in)
{
    static const struct slice others[] = {{"\u3002", 3}, {"\uff0e", 3}, {"\uff61", 3}};
    if (in.len && in.ptr[0] == '.')
        return 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (slice_has_prefix(in, others[i]))
            return others[i].len;
    return 0;
}

// Takes the label at the start of `rest` and the full stop after it; `*more` says whether there was one.
static struct slice next_label(struct slice *rest, bool *more)
{
    size_t len = 0, stop = 0;
    while (len < rest->len && (stop = full_stop(slice_skip(*rest, len))) == 0)
        len++;
    const struct slice label = slice_make(rest->ptr, len);
    *rest = slice_skip(*rest, len + stop);
    *more = stop > 0;
    return label;
}

// A full-width "@" or "[" is mapped as well, and must not come to mean something.
static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char byte = text.ptr[i];
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_')
            return false;
    }
    return true;
}

// Returns the length; 0 where the label cannot be converted or does not fit.
static size_t convert_label(struct slice label, char *out, size_t size)
{
    char text[LABEL_MAX + 1], *converted = NULL;
    if (memchr(label.ptr, '\0', label.len) || !slice_copy(label, text, sizeof text) ||
        idn2_to_ascii_8z(text, &converted, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return 0;
    const struct slice name = slice_from(converted);
    const size_t len = is_name(name) && slice_copy(name, out, size) ? name.len : 0;
    idn2_free(converted);
    return len;
}

static size_t put_label(struct slice label, char *out, size_t size)
{
    if (!is_ascii(label))
        return convert_label(label, out, size);
    return slice_copy(label, out, size) ? label.len : 0;
}

// Writes a domain that is not in ASCII; returns its length, 0 where it cannot be converted.
static size_t convert(struct slice domain, char *out, size_t size)
{
    size_t len = 0;
    bool more = domain.len <= IDN_DOMAIN_MAX;
    while (more && domain.len) {
        const size_t label = put_label(next_label(&domain, &more), out + len, size - len);
        if (label == 0)
            return 0;
        len += label;
        if (more && len + 1 >= size)
            return 0;
        if (more)
            out[len++] = '.';
    }
    out[len] = '\0';
    return len;
}

static struct slice strip_dot(struct slice domain)
{
    if (domain.len > 1 && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    return domain;
}

bool idn_domain(struct slice domain, char out[ADDRESS_DOMAIN_MAX + 1])
{
    char converted[IDN_TEXT_MAX + 1];
    struct slice name = strip_dot(domain);
    if (address_domain_valid(name))
        return slice_copy_lower(name, out, ADDRESS_DOMAIN_MAX + 1);
    if (is_ascii(name))
        return false;
    name = strip_dot(slice_make(converted, convert(domain, converted, sizeof converted)));
    return address_domain_valid(name) && slice_copy_lower(name, out, ADDRESS_DOMAIN_MAX + 1);
}

struct slice idn_to_ascii(struct slice in, char out[IDN_TEXT_MAX + 1])
{
    struct slice local, domain;
    const bool address = slice_split_last(in, '@', &local, &domain);
    if (!address)
        domain = in;
    const size_t before = in.len - domain.len; // the local part and "@"
    if (is_ascii(domain) || before + ADDRESS_DOMAIN_MAX > IDN_TEXT_MAX)
        return in;
    const size_t len = convert(domain, out + before, IDN_TEXT_MAX + 1 - before);
    memcpy(out, in.ptr, before);
    return len ? slice_make(out, before + len) : in;
}

enum address_rc idn_address_read(struct slice in, struct mail_address *out)
{
    char converted[IDN_TEXT_MAX + 1];
    const enum address_rc rc = address_read(in, out); // which refuses U-labels
    if (rc != ADDRESS_BAD)
        return rc;
    const struct slice ascii = idn_to_ascii(in, converted);
    return ascii.ptr == in.ptr ? rc : address_read(ascii, out);
}

enum address_rc idn_address_fold(struct slice in, char out[ADDRESS_MAX + 1])
{
    struct mail_address address;
    const enum address_rc rc = idn_address_read(in, &address);
    (void)slice_copy(address_text(&address), out, ADDRESS_MAX + 1);
    return rc;
}
