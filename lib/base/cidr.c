// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { CLIENT_IPV4 = 24, CLIENT_IPV6 = 64 }; // bits of a client's network

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; // ::ffff:0:0/96, RFC 4291 section 2.5.5.2

static bool parse_text(struct slice in, int family, uint8_t *out)
{
    char text[INET6_ADDRSTRLEN];
    if ((in.len && memchr(in.ptr, '\0', in.len)) || !slice_copy(in, text, sizeof text))
        return false;
    return inet_pton(family, text, out) == 1;
}

// The address as it is written; an IPv4-mapped one is still of 128 bits.
static bool parse_plain(struct slice in, struct ip *out)
{
    *out = (struct ip){.bits = 32};
    if (parse_text(in, AF_INET, out->bytes))
        return true;
    out->bits = 128;
    struct slice tag = SLICE("IPv6:");
    if (in.len > tag.len && slice_equal_nocase(slice_make(in.ptr, tag.len), tag))
        in = slice_skip(in, tag.len);
    return parse_text(in, AF_INET6, out->bytes);
}

static bool is_mapped(const struct ip *ip)
{
    return ip->bits == 128 && memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

static void unmap(struct ip *ip)
{
    struct ip plain = {.bits = 32};
    memcpy(plain.bytes, ip->bytes + sizeof mapped, 4);
    *ip = plain;
}

bool ip_parse(struct slice in, struct ip *out)
{
    if (!parse_plain(in, out))
        return false;
    if (is_mapped(out))
        unmap(out);
    return true;
}

bool ip_parse_bracketed(struct slice in, struct ip *out)
{
    const bool bracketed = in.len > 2 && in.ptr[0] == '[';
    return ip_parse(bracketed ? slice_make(in.ptr + 1, in.len - 2) : in, out);
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
    return a->bits == b->bits && memcmp(a->bytes, b->bytes, a->bits / 8) == 0;
}

static char *put_decimal(char *out, unsigned number)
{
    if (number >= 100)
        *out++ = (char)('0' + number / 100);
    if (number >= 10)
        *out++ = (char)('0' + number / 10 % 10);
    *out++ = (char)('0' + number % 10);
    return out;
}

static void put_quad(char *out, const uint8_t bytes[4], bool reversed)
{
    for (size_t i = 0; i < 4; i++) {
        out = put_decimal(out, bytes[reversed ? 3 - i : i]);
        *out++ = i < 3 ? '.' : '\0';
    }
}

void ip_format(const struct ip *in, char out[CIDR_TEXT_MAX])
{
    if (in->bits == 32)
        put_quad(out, in->bytes, false);
    else
        inet_ntop(AF_INET6, in->bytes, out, CIDR_TEXT_MAX);
}

void ip_reversed(const struct ip *in, char out[IP_REVERSED_MAX])
{
    static const char hex[] = "0123456789abcdef";
    if (in->bits == 32) {
        put_quad(out, in->bytes, true);
        return;
    }
    for (size_t i = 16; i-- > 0; out += 4)
        memcpy(out, (char[]){hex[in->bytes[i] & 15], '.', hex[in->bytes[i] >> 4], '.'}, 4);
    out[-1] = '\0';
}

// The bits of byte `at` that lie within the prefix.
static uint8_t mask_at(unsigned prefix, size_t at)
{
    unsigned start = (unsigned)at * 8;
    if (prefix >= start + 8)
        return 0xff;
    return (uint8_t)(prefix <= start ? 0 : 0xff << (8 - (prefix - start)));
}

struct cidr cidr_of(const struct ip *address, unsigned prefix)
{
    struct cidr network = {.base.bits = address->bits};
    network.prefix = (uint8_t)(prefix < address->bits ? prefix : address->bits);
    for (size_t i = 0; i < address->bits / 8U; i++)
        network.base.bytes[i] = address->bytes[i] & mask_at(network.prefix, i);
    return network;
}

struct cidr cidr_of_client(const struct ip *client)
{
    return cidr_of(client, client->bits == 32 ? CLIENT_IPV4 : CLIENT_IPV6);
}

bool cidr_contains(const struct cidr *network, const struct ip *address)
{
    size_t whole = network->prefix / 8;
    if (network->base.bits != address->bits || memcmp(network->base.bytes, address->bytes, whole) != 0)
        return false;
    if (network->prefix % 8 == 0)
        return true;
    return ((network->base.bytes[whole] ^ address->bytes[whole]) & mask_at(network->prefix, whole)) == 0;
}

bool cidr_parse(struct slice in, struct cidr *out)
{
    struct slice address, length;
    bool has_length = slice_split(in, '/', &address, &length);
    struct ip base;
    if (!parse_plain(address, &base))
        return false;
    unsigned long long prefix = base.bits;
    if (has_length && (!slice_number(length, base.bits, &prefix) || (length.len > 1 && length.ptr[0] == '0')))
        return false;
    *out = cidr_of(&base, (unsigned)prefix);
    if (!ip_equal(&out->base, &base))
        return false;
    if (is_mapped(&base)) { // the prefix is at least 96, or it would have cut into ffff
        unmap(&out->base);
        out->prefix = (uint8_t)(out->prefix - 96);
    }
    return true;
}

void cidr_format(const struct cidr *in, char out[CIDR_TEXT_MAX])
{
    ip_format(&in->base, out);
    char *end = out + strlen(out);
    *end++ = '/';
    *put_decimal(end, in->prefix) = '\0';
}
