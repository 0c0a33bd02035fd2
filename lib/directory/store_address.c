// SPDX-License-Identifier: BSD-2-Clause
#include "directory/store_address.h"

#include "base/address.h"

#define DOMAIN_MAX (STORE_ADDRESS_MAX - STORE_ADDRESS_LOCAL_MAX - 1)

bool store_address_domain(struct slice domain, struct slice *of)
{
    const struct slice tail = SLICE(STORE_ADDRESS_TAIL);
    if (domain.len <= tail.len || memcmp(domain.ptr + domain.len - tail.len, tail.ptr, tail.len) != 0)
        return false;
    *of = slice_make(domain.ptr, domain.len - tail.len);
    return true;
}

// A part of a local part, without backslashes.
struct plain {
    size_t len;
    char bytes[ADDRESS_MAX];
};

static void read_plain(struct slice in, struct plain *out)
{
    out->len = 0;
    for (size_t i = 0; i < in.len && out->len < sizeof out->bytes; i++) {
        if (in.ptr[i] == '\\' && i + 1 < in.len)
            i++;
        out->bytes[out->len++] = in.ptr[i];
    }
}

static const bool kept[256] = {
    ['a' ... 'z'] = true, ['0' ... '9'] = true, ['!'] = true, ['#' ... '\''] = true, ['-'] = true,
    ['^'] = true,         ['_'] = true,         ['`'] = true, ['{' ... '~'] = true,
};

static bool is_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

// Returns whether the byte at `i` stays. A "." at the beginning would lead out of the domain's folder, and
// a "=" before two digits would be read as another byte.
static bool is_kept(const struct plain *in, size_t i, bool first)
{
    const char byte = in->bytes[i];
    if (byte == '.')
        return !first;
    if (byte == '=')
        return i + 2 >= in->len || !is_digit(in->bytes[i + 1]) || !is_digit(in->bytes[i + 2]);
    return kept[(unsigned char)byte];
}

// The user "\"\"", whose two characters are quotes, would get the form of the empty one.
static bool is_quotes(struct slice user)
{
    struct plain plain;
    read_plain(user, &plain);
    return plain.len == 2 && memcmp(plain.bytes, "\"\"", 2) == 0;
}

static void put(struct slice in, bool plus_stays, char out[STORE_ADDRESS_LOCAL_MAX], size_t *len)
{
    static const char digits[] = "0123456789abcdef";
    struct plain plain;
    read_plain(in, &plain);
    for (size_t i = 0; i < plain.len && *len + 3 <= STORE_ADDRESS_LOCAL_MAX; i++) {
        const unsigned char byte = (unsigned char)plain.bytes[i];
        if (is_kept(&plain, i, *len == 0) || (byte == '+' && plus_stays)) {
            out[(*len)++] = plain.bytes[i];
            continue;
        }
        out[(*len)++] = '=';
        out[(*len)++] = digits[byte >> 4];
        out[(*len)++] = digits[byte & 15];
    }
}

bool store_address_compose(struct slice user, struct slice extension, struct slice domain,
                           char out[STORE_ADDRESS_MAX + 1])
{
    const struct slice tail = SLICE(STORE_ADDRESS_TAIL);
    size_t len = 0;
    if (domain.len + tail.len > DOMAIN_MAX)
        return false;
    if (is_quotes(user)) {
        memcpy(out, "=00", 3); // no user has the byte 0
        len = 3;
    }
    put(user.len > 0 ? user : SLICE("\"\""), false, out, &len); // else the folder would be the domain's own
    if (extension.len > 0 && len < STORE_ADDRESS_LOCAL_MAX) {
        out[len++] = '+';
        put(slice_skip(extension, 1), true, out, &len);
    }
    out[len++] = '@';
    memcpy(out + len, domain.ptr, domain.len);
    memcpy(out + len + domain.len, tail.ptr, tail.len + 1);
    return true;
}
