// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/identity/identity_address.h"

#include <stdio.h>

#define NEEDLE_MIN 8 // shorter digits occur by chance
#define NIBBLES 32   // of an IPv6 address
#define HALF 16      // its prefix or its host part
#define GROUPS 8     // of 16 bits
#define GROUPS_MIN 4 // that must be consecutive
#define NO_OCTET 256
#define NO_GROUP 0x10000
#define COMPRESSED_MAX 8 // places in a label where an address with "::" is looked for

static const char hex[] = "0123456789abcdef";

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f');
}

static bool is_word(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z');
}

static bool contains(struct slice in, const char *needle, size_t len)
{
    return len >= NEEDLE_MIN && memmem(in.ptr, in.len, needle, len);
}

// The last four numbers of a name, newest last, and how many bytes are between each and the one before.
struct numbers {
    unsigned value[4];
    size_t gap[4];
};

static void push_number(struct numbers *seen, unsigned value, size_t gap)
{
    memmove(seen->value, seen->value + 1, sizeof seen->value - sizeof seen->value[0]);
    memmove(seen->gap, seen->gap + 1, sizeof seen->gap - sizeof seen->gap[0]);
    seen->value[3] = value;
    seen->gap[3] = gap;
}

// All four octets, in whatever order.
static bool are_octets(const struct numbers *seen, const uint8_t octets[4])
{
    bool used[4] = {false};
    for (size_t i = 0; i < 4; i++) {
        size_t j = 0;
        while (j < 4 && (used[j] || seen->value[i] != octets[j]))
            j++;
        if (j == 4)
            return false;
        used[j] = true;
    }
    return true;
}

// The last three numbers are neighbours and three octets in order or reversed.
static bool are_three_octets(const struct numbers *seen, const uint8_t octets[4])
{
    const unsigned *value = seen->value + 1;
    if (seen->gap[2] != 1 || seen->gap[3] != 1)
        return false;
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *o = octets + i;
        if (value[1] == o[1] &&
            ((value[0] == o[0] && value[2] == o[2]) || (value[0] == o[2] && value[2] == o[0])))
            return true;
    }
    return false;
}

// Reads the digits at `*at` and moves after them. More than three are no octet.
static unsigned read_octet(struct slice name, size_t *at)
{
    size_t start = *at;
    unsigned value = 0;
    for (; *at < name.len && is_digit(name.ptr[*at]); ++*at)
        if (*at - start < 3)
            value = value * 10 + (unsigned)(name.ptr[*at] - '0');
    return *at - start <= 3 && value < NO_OCTET ? value : NO_OCTET;
}

static bool carries_octets(struct slice name, const uint8_t octets[4])
{
    struct numbers seen = {.value = {NO_OCTET, NO_OCTET, NO_OCTET, NO_OCTET}};
    size_t at = 0, end = 0;
    while (at < name.len) {
        if (!is_digit(name.ptr[at])) {
            at++;
            continue;
        }
        size_t gap = at - end;
        push_number(&seen, read_octet(name, &at), gap);
        end = at;
        if (are_octets(&seen, octets) || are_three_octets(&seen, octets))
            return true;
    }
    return false;
}

static bool has_hex_run(struct slice name, size_t min)
{
    size_t run = 0;
    for (size_t i = 0; i < name.len && run < min; i++)
        run = is_hex(name.ptr[i]) ? run + 1 : 0;
    return run >= min;
}

// One run of digits: "192000002001", "192021", "3221225985" or "c0000201", in either order.
static bool carries_run(struct slice name, const uint8_t o[4])
{
    static const char *const forms[] = {"%03u%03u%03u%03u", "%u%u%u%u", "%02x%02x%02x%02x"};
    char needle[16];
    if (!has_hex_run(name, NEEDLE_MIN))
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int len = snprintf(needle, sizeof needle, forms[i], o[0], o[1], o[2], o[3]);
        if (contains(name, needle, (size_t)len))
            return true;
        len = snprintf(needle, sizeof needle, forms[i], o[3], o[2], o[1], o[0]);
        if (contains(name, needle, (size_t)len))
            return true;
    }
    uint32_t number = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
    int len = snprintf(needle, sizeof needle, "%u", number);
    return contains(name, needle, (size_t)len);
}

// Hexadecimal octets apart: "c0-00-02-01".
static bool carries_hex_octets(struct slice name, const uint8_t o[4])
{
    for (size_t i = 0; i + 11 <= name.len; i++) {
        size_t at = i, matched = 0;
        while (matched < 4 && name.ptr[at] == hex[o[matched] >> 4] &&
               name.ptr[at + 1] == hex[o[matched] & 15] && (matched == 3 || !is_word(name.ptr[at + 2]))) {
            matched++;
            at += 3;
        }
        if (matched == 4)
            return true;
    }
    return false;
}

// 16 digits of the prefix or the host part, or of all of it reversed, with any punctuation among them.
static bool carries_nibbles(struct slice name, const struct ip *client)
{
    char flat[IDENTITY_ADDRESS_NAME_MAX], nibbles[NIBBLES], reversed[NIBBLES];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < sizeof flat; i++)
        if (is_word(name.ptr[i]))
            flat[len++] = name.ptr[i];
    for (size_t i = 0; i < NIBBLES; i++) {
        uint8_t byte = client->bytes[i / 2];
        nibbles[i] = hex[i % 2 ? byte & 15 : byte >> 4];
        reversed[NIBBLES - 1 - i] = nibbles[i];
    }
    struct slice in = slice_make(flat, len);
    return contains(in, nibbles, HALF) || contains(in, nibbles + HALF, HALF) ||
           contains(in, reversed, HALF) || contains(in, reversed + HALF, HALF);
}

static unsigned hex_value(char digit)
{
    return (unsigned)(is_digit(digit) ? digit - '0' : digit - 'a' + 10);
}

// Reads the word at `*at` and moves after it and one separator. Anything that is no group is NO_GROUP.
static unsigned read_group(struct slice name, size_t *at)
{
    size_t len = 0;
    unsigned value = 0;
    for (; *at < name.len && is_word(name.ptr[*at]); ++*at, len++) {
        char digit = name.ptr[*at];
        value = is_hex(digit) && len < 4 && value != NO_GROUP ? value * 16 + hex_value(digit) : NO_GROUP;
    }
    ++*at;
    return len ? value : NO_GROUP;
}

// Four groups in a row as RFC 4291 writes them: "2001-db8-0-1". `matched[k]` counts how many groups that end
// with group k are at the end of what was read.
static bool carries_groups(struct slice name, const struct ip *client)
{
    unsigned matched[GROUPS + 1] = {0};
    for (size_t at = 0; at < name.len;) {
        unsigned group = read_group(name, &at);
        for (size_t k = GROUPS; k > 0; k--) {
            unsigned expected = (unsigned)client->bytes[2 * k - 2] << 8 | client->bytes[2 * k - 1];
            matched[k] = group == expected ? matched[k - 1] + 1 : 0;
            if (matched[k] >= GROUPS_MIN)
                return true;
        }
    }
    return false;
}

// "2001-db8--1" up to the end of a label.
static bool label_carries_compressed(struct slice label, const struct ip *client)
{
    char text[IDENTITY_ADDRESS_NAME_MAX + 1];
    struct ip found;
    if (!memmem(label.ptr, label.len, "--", 2) || !slice_copy(label, text, sizeof text))
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (text[i] == '-')
            text[i] = ':';
    size_t tries = 0;
    for (size_t i = 0; i < label.len && tries < COMPRESSED_MAX; i++) {
        if (!is_hex(text[i]) || (i > 0 && text[i - 1] != ':'))
            continue;
        tries++;
        if (ip_parse(slice_make(text + i, label.len - i), &found) && ip_equal(&found, client))
            return true;
    }
    return false;
}

static bool carries_compressed(struct slice name, const struct ip *client)
{
    struct slice label;
    bool more;
    do {
        more = slice_split(name, '.', &label, &name);
        if (label_carries_compressed(label, client))
            return true;
    } while (more);
    return false;
}

bool identity_address_within(struct slice name, const struct ip *client)
{
    if (client->bits == 32)
        return carries_octets(name, client->bytes) || carries_run(name, client->bytes) ||
               carries_hex_octets(name, client->bytes);
    return carries_nibbles(name, client) || carries_groups(name, client) || carries_compressed(name, client);
}
