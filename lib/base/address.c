// SPDX-License-Identifier: BSD-2-Clause
#include "base/address.h"

#include "base/cidr.h"

#define LABEL_MAX 63
#define NAME_MAX_BYTES 253

enum {
    ATOM = 1,   // needs no quotes in a local part: atext (RFC 5322 section 3.2.3), ".", 8-bit (RFC 6531)
    LETTER = 2, // of a host name; hyphen and digits are not among them
    DIGIT = 4,
};

static const unsigned char classes[256] = {
    ['!'] = ATOM,
    ['#' ... '\''] = ATOM,
    ['*'] = ATOM,
    ['+'] = ATOM,
    ['-' ... '/'] = ATOM,
    ['0' ... '9'] = ATOM | DIGIT,
    ['='] = ATOM,
    ['?'] = ATOM,
    ['A' ... 'Z'] = ATOM | LETTER,
    ['^' ... '`'] = ATOM,
    ['a' ... 'z'] = ATOM | LETTER,
    ['{' ... '~'] = ATOM,
    [0x80 ... 0xff] = ATOM,
};

static bool is(char byte, unsigned char class)
{
    return classes[(unsigned char)byte] & class;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == 0x7f;
}

// A label of a domain name; `numeric` says that it is digits alone.
static bool label_valid(struct slice label, bool underscores, bool *numeric)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    *numeric = true;
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (is(c, DIGIT))
            continue;
        if (!is(c, LETTER) && c != '-' && !(underscores && c == '_'))
            return false;
        *numeric = false;
    }
    return true;
}

static bool name_valid(struct slice name, bool underscores)
{
    if (name.len > NAME_MAX_BYTES)
        return false;
    bool numeric, more;
    do {
        struct slice label;
        more = slice_split(name, '.', &label, &name);
        if (!label_valid(label, underscores, &numeric))
            return false;
    } while (more);
    return !numeric;
}

bool address_domain_valid(struct slice domain)
{
    return name_valid(domain, false);
}

// The domain of an address: a name or an address literal. Senders do use underscores, and Postfix lets them
// (src/util/valid_hostname.c).
static bool domain_valid(struct slice domain)
{
    struct ip ip;
    if (domain.len > 2 && domain.ptr[0] == '[' && domain.ptr[domain.len - 1] == ']')
        return ip_parse(slice_make(domain.ptr + 1, domain.len - 2), &ip);
    return name_valid(domain, true);
}

static bool is_quoted(struct slice local)
{
    return local.len && local.ptr[0] == '"';
}

// Finds the "@" that ends a quoted local part; NULL where the string is broken.
static const char *quoted_end(struct slice in)
{
    for (size_t i = 1; i + 1 < in.len; i++) {
        if (in.ptr[i] == '\\')
            i++;
        else if (in.ptr[i] == '"')
            return in.ptr[i + 1] == '@' ? in.ptr + i + 1 : NULL;
    }
    return NULL;
}

enum address_rc address_parse(struct slice in, struct address *out)
{
    if (in.len == 0)
        return ADDRESS_EMPTY;
    if (in.len > ADDRESS_MAX)
        return ADDRESS_BAD;
    const char *at = is_quoted(in) ? quoted_end(in) : memrchr(in.ptr, '@', in.len);
    if (!at || at == in.ptr)
        return ADDRESS_BAD;
    out->local = slice_make(in.ptr, (size_t)(at - in.ptr));
    out->domain = slice_skip(in, out->local.len + 1);
    if (out->domain.len > 1 && out->domain.ptr[out->domain.len - 1] == '.')
        out->domain.len--;
    for (size_t i = 0; i < out->local.len; i++)
        if (is_control(out->local.ptr[i]))
            return ADDRESS_BAD;
    return domain_valid(out->domain) ? ADDRESS_OK : ADDRESS_BAD;
}

// The dots of a dot-string are between its atoms.
static bool dots_separate(const char *content, size_t len)
{
    return len > 0 && content[0] != '.' && content[len - 1] != '.' && !memmem(content, len, "..", 2);
}

// Undoes quotes and quoted pairs (RFC 5321 section 4.1.2). Returns the length; `*atoms` says whether the
// content needs no quotes.
static size_t unquote(struct slice local, char out[ADDRESS_MAX], bool *atoms)
{
    bool quoted = is_quoted(local);
    size_t len = 0;
    *atoms = true;
    if (quoted)
        local = slice_make(local.ptr + 1, local.len - 2);
    for (size_t i = 0; i < local.len; i++) {
        if (quoted && local.ptr[i] == '\\')
            i++;
        out[len++] = local.ptr[i];
        *atoms = *atoms && is(local.ptr[i], ATOM);
    }
    *atoms = *atoms && dots_separate(out, len);
    return len;
}

// Returns false where the quotes make it too long.
static bool put_quoted(struct slice content, char *out, size_t size, size_t *len)
{
    *len = 0;
    out[(*len)++] = '"';
    for (size_t i = 0; i < content.len; i++) {
        if (*len + 3 > size)
            return false;
        if (content.ptr[i] == '"' || content.ptr[i] == '\\')
            out[(*len)++] = '\\';
        out[(*len)++] = content.ptr[i];
    }
    out[(*len)++] = '"';
    return true;
}

// Returns ADDRESS_OK with `*local_len` set; `out` is empty otherwise.
static enum address_rc fold(struct slice in, char out[ADDRESS_MAX + 1], size_t *local_len)
{
    struct address address;
    char content[ADDRESS_MAX], quoted[ADDRESS_MAX + 2];
    bool atoms;
    out[0] = '\0';
    enum address_rc rc = address_parse(in, &address);
    if (rc != ADDRESS_OK)
        return rc;
    struct slice local = slice_make(content, unquote(address.local, content, &atoms));
    if (!atoms) {
        size_t len;
        if (!put_quoted(local, quoted, sizeof quoted, &len))
            return ADDRESS_BAD;
        local = slice_make(quoted, len);
    }
    if (local.len + 1 + address.domain.len > ADDRESS_MAX)
        return ADDRESS_BAD;
    slice_copy_lower(local, out, ADDRESS_MAX + 1);
    out[local.len] = '@';
    slice_copy_lower(address.domain, out + local.len + 1, ADDRESS_MAX - local.len);
    *local_len = local.len;
    return ADDRESS_OK;
}

enum address_rc address_fold(struct slice in, char out[ADDRESS_MAX + 1])
{
    size_t local_len;
    return fold(in, out, &local_len);
}

enum address_rc address_read(struct slice in, struct mail_address *out)
{
    out->len = out->local_len = 0;
    const enum address_rc rc = fold(in, out->text, &out->local_len);
    if (rc == ADDRESS_OK)
        out->len = out->local_len + 1 + strlen(out->text + out->local_len + 1);
    return rc;
}

bool address_read_text(struct slice in, struct mail_address *out)
{
    const bool fits = slice_copy_lower(in, out->text, sizeof out->text);
    out->len = fits ? in.len : 0;
    const char *at = memrchr(out->text, '@', out->len);
    out->local_len = at ? (size_t)(at - out->text) : out->len;
    return fits;
}

bool address_join(struct slice local, struct slice domain, struct mail_address *out)
{
    const bool fits = local.len && domain.len && local.len + 1 + domain.len <= ADDRESS_MAX;
    const size_t local_len = fits ? local.len : 0;
    if (fits) {
        memmove(out->text + local_len + 1, domain.ptr, domain.len);
        memmove(out->text, local.ptr, local_len);
        out->text[local_len] = '@';
    }
    out->local_len = local_len;
    out->len = fits ? local_len + 1 + domain.len : 0;
    out->text[out->len] = '\0';
    return fits;
}

bool address_extension(struct slice local, char delimiter, struct slice *base, struct slice *extension)
{
    *base = local;
    *extension = slice_skip(local, local.len);
    if (local.len < 2 || is_quoted(local))
        return false;
    const char *at = memchr(local.ptr + 1, delimiter, local.len - 1);
    if (!at)
        return false;
    *base = slice_make(local.ptr, (size_t)(at - local.ptr));
    *extension = slice_skip(local, base->len + 1);
    return true;
}
