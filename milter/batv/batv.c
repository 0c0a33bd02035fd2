// SPDX-License-Identifier: BSD-2-Clause
#include "milter/batv/batv.h"

#include "base/batv_tag.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#define SIGNATURE_BYTES 5
#define DAY_SECONDS 86400
#define DAY_CYCLE 1000

struct tag {
    size_t at; // where it begins in the local part
    unsigned id, day;
    char head[BATV_TAG_HEAD_LEN + 1]; // as signed
    unsigned char signature[SIGNATURE_BYTES];
};

static unsigned day_of(int64_t now)
{
    return (unsigned)(now / DAY_SECONDS % DAY_CYCLE);
}

// `folded` is the address without tag. Returns false if OpenSSL is out of memory.
static bool make_signature(const struct batv_key *key, const char *head, const char *folded,
                           unsigned char out[SIGNATURE_BYTES])
{
    unsigned char text[BATV_TAG_HEAD_LEN + ADDRESS_MAX], full[EVP_MAX_MD_SIZE];
    const size_t len = strlen(folded);
    memcpy(text, head, BATV_TAG_HEAD_LEN);
    memcpy(text + BATV_TAG_HEAD_LEN, folded, len);
    if (!HMAC(EVP_sha256(), key->secret, (int)key->len, text, BATV_TAG_HEAD_LEN + len, full, NULL))
        return false;
    memcpy(out, full, SIGNATURE_BYTES);
    return true;
}

static unsigned hex_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

static bool is_quoted(struct slice local)
{
    return local.ptr[0] == '"';
}

// The end of a tag in a local part, whose quotes enclose the tag.
static size_t tag_end(struct slice local)
{
    return local.len - is_quoted(local);
}

// Reads the tag at the end of `local`; false if there is none, or nothing before it.
static bool read_tag(struct slice local, char delimiter, struct tag *out)
{
    unsigned long long head;
    if (!batv_tag_find(local, delimiter, &out->at) ||
        !slice_number(batv_tag_head(local, out->at), 9999, &head))
        return false;
    (void)slice_copy(batv_tag_head(local, out->at), out->head, sizeof out->head);
    const char *digits = batv_tag_signature(local, out->at).ptr;
    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        out->signature[i] = (unsigned char)(hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
    out->id = (unsigned)head / DAY_CYCLE;
    out->day = (unsigned)head % DAY_CYCLE;
    return true;
}

static void put_untagged(const struct address *address, const struct tag *tag, char out[ADDRESS_MAX + 1])
{
    snprintf(out, ADDRESS_MAX + 1, "%.*s%s@%.*s", (int)tag->at, address->local.ptr,
             is_quoted(address->local) ? "\"" : "", (int)address->domain.len, address->domain.ptr);
}

// Tags that other hosts have put in front, and SRS (https://www.libsrs2.net/srs/srs.pdf).
static bool has_foreign_tag(struct slice local)
{
    return slice_has_prefix_nocase(local, SLICE("prvs=")) ||
           slice_has_prefix_nocase(local, SLICE("btv1==")) || slice_has_prefix_nocase(local, SLICE("SRS0")) ||
           slice_has_prefix_nocase(local, SLICE("SRS1"));
}

// Writes `local` with a tag at its end, and the domain.
static void put_tagged(const struct address *address, char delimiter, const struct tag *tag,
                       char out[ADDRESS_MAX + 1])
{
    const unsigned char *bytes = tag->signature;
    const size_t end = tag_end(address->local);
    snprintf(out, ADDRESS_MAX + 1, "%.*s%cprvs=%s%02x%02x%02x%02x%02x%s@%.*s", (int)end, address->local.ptr,
             delimiter, tag->head, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
             is_quoted(address->local) ? "\"" : "", (int)address->domain.len, address->domain.ptr);
}

// The tag must fit, and the local part must allow an extension: not empty, and quoted if it needs quotes.
static bool is_signable(const struct address *address, const char *folded)
{
    const size_t local_len = address->local.len + BATV_TAG_LEN;
    const bool extensible = is_quoted(address->local) ? address->local.len > 2 : folded[0] != '"';
    return extensible && local_len <= BATV_LOCAL_MAX && local_len + 1 + address->domain.len <= BATV_PATH_MAX;
}

enum batv_sign_rc batv_sign(const struct batv_keys *keys, struct slice sender, char delimiter, int64_t now,
                            char out[ADDRESS_MAX + 1])
{
    struct address address;
    struct tag tag;
    char folded[ADDRESS_MAX + 1];
    out[0] = '\0';
    if (keys->count == 0 || address_parse(sender, &address) != ADDRESS_OK ||
        address_fold(sender, folded) != ADDRESS_OK)
        return BATV_UNSIGNABLE;
    if (read_tag(address.local, delimiter, &tag) || has_foreign_tag(address.local))
        return BATV_SIGNED_BEFORE;
    if (!is_signable(&address, folded))
        return BATV_UNSIGNABLE;
    const struct batv_key *key = &keys->keys[0];
    snprintf(tag.head, sizeof tag.head, "%u%03u", key->id % 10, (day_of(now) + BATV_DAYS) % DAY_CYCLE);
    if (!make_signature(key, tag.head, folded, tag.signature))
        return BATV_UNSIGNABLE;
    put_tagged(&address, delimiter, &tag, out);
    return BATV_SIGNED;
}

static enum batv_rc check_tag(const struct batv_keys *keys, const struct tag *tag, const char *folded,
                              int64_t now)
{
    unsigned char signature[SIGNATURE_BYTES];
    const struct batv_key *key = batv_keys_find(keys, tag->id);
    if (!key)
        return BATV_UNKNOWN_KEY;
    if (!make_signature(key, tag->head, folded, signature))
        return BATV_UNCHECKED;
    if (CRYPTO_memcmp(signature, tag->signature, SIGNATURE_BYTES) != 0)
        return BATV_FORGED;
    const unsigned left = (tag->day + DAY_CYCLE - day_of(now)) % DAY_CYCLE;
    return left <= BATV_DAYS ? BATV_VALID : BATV_EXPIRED;
}

enum batv_rc batv_verify(const struct batv_keys *keys, struct slice recipient, char delimiter, int64_t now,
                         char original[ADDRESS_MAX + 1])
{
    struct address address;
    struct tag tag;
    char folded[ADDRESS_MAX + 1];
    original[0] = '\0';
    if (address_parse(recipient, &address) != ADDRESS_OK || !read_tag(address.local, delimiter, &tag))
        return BATV_NO_TAG;
    put_untagged(&address, &tag, original);
    if (address_fold(slice_from(original), folded) == ADDRESS_OK)
        return check_tag(keys, &tag, folded, now);
    original[0] = '\0';
    return BATV_NO_TAG;
}
