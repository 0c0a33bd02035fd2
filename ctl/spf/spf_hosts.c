// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf/spf_hosts.h"

#include "idn/idn.h"
#include "spfrecord/record.h"

#include <stdio.h>

static bool add(struct spf_hosts *hosts, const struct cidr *network)
{
    for (unsigned i = 0; i < hosts->count; i++)
        if (hosts->networks[i].prefix == network->prefix &&
            ip_equal(&hosts->networks[i].base, &network->base))
            return true;
    if (hosts->count == SPF_HOSTS_MAX)
        return false;
    hosts->networks[hosts->count++] = *network;
    return true;
}

bool spf_hosts_add(struct spf_hosts *hosts, const struct ip *address)
{
    const struct cidr network = cidr_of(address, address->bits);
    return add(hosts, &network);
}

static bool add_name(struct spf_hosts *hosts, struct slice name, spf_hosts_finder finder)
{
    char ascii[IDN_TEXT_MAX + 1], text[DNS_NAME_MAX + 1];
    return finder && slice_copy(idn_to_ascii(name, ascii), text, sizeof text) && finder(text, hosts);
}

bool spf_hosts_parse(struct slice text, spf_hosts_finder finder, struct spf_hosts *out, struct slice *bad)
{
    out->count = 0;
    *bad = slice_make(NULL, 0);
    while (text.len) {
        struct cidr network;
        size_t len = 0;
        while (len < text.len && !memchr(" \t,", text.ptr[len], 3))
            len++;
        struct slice word = slice_make(text.ptr, len);
        text = slice_skip(text, len + 1);
        if (len == 0)
            continue;
        if (out->count == SPF_HOSTS_MAX)
            return false;
        if (cidr_parse(word, &network) ? !add(out, &network) : !add_name(out, word, finder)) {
            *bad = word;
            return false;
        }
    }
    return true;
}

void spf_hosts_from_rows(const struct directory_snapshot *rows, struct spf_hosts *out)
{
    struct slice value, bad;
    out->include[0] = '\0';
    out->count = 0;
    if (!rows)
        return;
    if (directory_setting(rows, "spf_include", &value) == DIRECTORY_OK && value.len)
        (void)slice_copy(value, out->include, sizeof out->include);
    else if (directory_setting(rows, "service_domain", &value) == DIRECTORY_OK && value.len)
        snprintf(out->include, sizeof out->include, "_spf.%.*s", (int)value.len, value.ptr);
    if (directory_setting(rows, "outgoing_networks", &value) == DIRECTORY_OK &&
        !spf_hosts_parse(value, NULL, out, &bad))
        out->count = 0; // the database takes networks only, and fewer
}

void spf_hosts_from_record(struct slice record, struct spf_hosts *out)
{
    struct record_cursor cursor;
    struct term term;
    enum record_rc rc;
    record_begin(&cursor, record);
    while ((rc = record_next(&cursor, &term)) != RECORD_END)
        if (rc == RECORD_TERM && (term.kind == TERM_IP4 || term.kind == TERM_IP6) && term.result == SPF_PASS)
            (void)add(out, &term.network);
}

// Sets all host bits to `bit` except the last, which is inverted: the first and the last address of an IPv4
// network are no hosts.
static struct ip edge_of(const struct cidr *network, bool bit)
{
    struct ip edge = network->base;
    for (unsigned i = network->prefix; i < edge.bits; i++)
        if (bit != (i + 1 == edge.bits && network->prefix + 1 < edge.bits))
            edge.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
    return edge;
}

unsigned spf_hosts_addresses(const struct spf_hosts *hosts, struct ip out[SPF_HOSTS_ADDRESSES_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < hosts->count; i++) {
        out[count++] = edge_of(&hosts->networks[i], false);
        if (hosts->networks[i].prefix < hosts->networks[i].base.bits)
            out[count++] = edge_of(&hosts->networks[i], true);
    }
    return count;
}

bool spf_hosts_terms(const struct spf_hosts *hosts, char *out, size_t size)
{
    size_t len = 0;
    for (unsigned i = 0; i < hosts->count && len < size; i++) {
        const struct cidr *network = &hosts->networks[i];
        char text[CIDR_TEXT_MAX];
        if (network->prefix == network->base.bits)
            ip_format(&network->base, text);
        else
            cidr_format(network, text);
        len += (size_t)snprintf(out + len, size - len, "%s%s:%s", i ? " " : "",
                                network->base.bits == 32 ? "ip4" : "ip6", text);
    }
    return hosts->count && len < size;
}
