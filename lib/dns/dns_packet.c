// SPDX-License-Identifier: BSD-2-Clause
#include "dns/dns_packet.h"

#include <string.h>

#define WIRE_NAME_MAX 255 // RFC 1035 section 2.3.4
#define TYPE_CNAME 5
#define TYPE_SOA 6
#define CLASS_IN 1
#define FLAG_RESPONSE 0x8000U
#define FLAG_TRUNCATED 0x0200U
#define RCODE_MASK 0x000fU
#define RCODE_NXDOMAIN 3
#define TTL_MAX 0x7fffffffU // RFC 2181 section 8: a greater one is zero

// A name on the wire, uncompressed, in lower case.
struct wire_name {
    size_t len;
    char bytes[WIRE_NAME_MAX];
};

struct cursor {
    struct slice in;
    size_t at;
    bool broken; // a read went past the end or made no sense; all later reads give zero
};

struct record {
    struct wire_name owner;
    unsigned type, class;
    int64_t ttl;
    size_t data, end; // of the rdata, in the packet
};

static unsigned read_byte(struct cursor *cursor)
{
    if (cursor->broken || cursor->at >= cursor->in.len) {
        cursor->broken = true;
        return 0;
    }
    return (unsigned char)cursor->in.ptr[cursor->at++];
}

static unsigned read_16(struct cursor *cursor)
{
    unsigned high = read_byte(cursor);
    return high << 8 | read_byte(cursor);
}

static uint32_t read_32(struct cursor *cursor)
{
    uint32_t high = read_16(cursor);
    return high << 16 | read_16(cursor);
}

static char fold(unsigned byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static void read_label(struct cursor *cursor, unsigned len, struct wire_name *out)
{
    // One byte stays free for the root label.
    if (out->len + 1 + len >= WIRE_NAME_MAX) {
        cursor->broken = true;
        return;
    }
    out->bytes[out->len++] = (char)len;
    for (unsigned i = 0; i < len; i++)
        out->bytes[out->len++] = fold(read_byte(cursor));
}

// A compression pointer must point before the part of the name it ends (RFC 1035 section 4.1.4: "a prior
// occurrence"), so that each jump goes back and the loop ends.
static void read_name(struct cursor *cursor, struct wire_name *out)
{
    struct cursor part = *cursor;
    size_t start = part.at;
    bool jumped = false;
    out->len = 0;
    while (!part.broken) {
        unsigned len = read_byte(&part);
        if (len > DNS_LABEL_MAX && len < 0xc0) {
            part.broken = true;
        } else if (len >= 0xc0) {
            size_t target = (len & 0x3fU) << 8 | read_byte(&part);
            if (!jumped)
                cursor->at = part.at;
            jumped = true;
            part.broken = part.broken || target >= start;
            part.at = start = target;
        } else if (len > 0) {
            read_label(&part, len, out);
        } else {
            out->bytes[out->len++] = '\0';
            break;
        }
    }
    if (!jumped)
        cursor->at = part.at;
    cursor->broken = cursor->broken || part.broken;
}

static bool name_equal(const struct wire_name *a, const struct wire_name *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

// `text` is folded and valid (dns_name_fold).
static void name_from_text(const char *text, struct wire_name *out)
{
    size_t label = 0;
    out->len = 1;
    for (; *text; text++) {
        if (*text == '.') {
            out->bytes[label] = (char)(out->len - label - 1);
            label = out->len++;
        } else {
            out->bytes[out->len++] = *text;
        }
    }
    out->bytes[label] = (char)(out->len - label - 1);
    out->bytes[out->len++] = '\0';
}

static void read_record(struct cursor *cursor, struct record *out)
{
    read_name(cursor, &out->owner);
    out->type = read_16(cursor);
    out->class = read_16(cursor);
    uint32_t ttl = read_32(cursor);
    out->ttl = ttl > TTL_MAX ? 0 : (int64_t)ttl;
    size_t len = read_16(cursor);
    out->data = cursor->at;
    out->end = cursor->at + len;
    cursor->broken = cursor->broken || out->end > cursor->in.len;
    cursor->at = out->end;
}

// Joins the strings of a TXT record, as far as they fit.
static size_t copy_text(struct cursor *data, size_t end, char *out)
{
    size_t used = 0;
    while (!data->broken && data->at < end) {
        size_t len = read_byte(data);
        if (len > end - data->at) {
            data->broken = true;
            break;
        }
        size_t take = len < DNS_TEXT_MAX - used ? len : DNS_TEXT_MAX - used;
        memcpy(out + used, data->in.ptr + data->at, take);
        used += take;
        data->at += len;
    }
    return used;
}

// `prefix` bytes, then a name that ends the rdata.
static size_t copy_name(struct cursor *data, size_t prefix, char *out)
{
    struct wire_name name = {0};
    for (size_t i = 0; i < prefix; i++)
        out[i] = (char)read_byte(data);
    read_name(data, &name);
    memcpy(out + prefix, name.bytes, name.len);
    return prefix + name.len;
}

static size_t copy_address(struct cursor *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (char)read_byte(data);
    return len;
}

// Writes the rdata to `out`, at most record_room() bytes. Returns false where it breaks its type's form.
static bool copy_data(struct slice packet, const struct record *record, char *out, size_t *len)
{
    struct cursor data = {packet, record->data, false};
    if (record->type == DNS_TYPE_A)
        *len = copy_address(&data, 4, out);
    else if (record->type == DNS_TYPE_AAAA)
        *len = copy_address(&data, 16, out);
    else if (record->type == DNS_TYPE_TXT)
        *len = copy_text(&data, record->end, out);
    else
        *len = copy_name(&data, record->type == DNS_TYPE_MX ? 2 : 0, out);
    return !data.broken && data.at == record->end;
}

// The most that copy_data can write for it.
static size_t record_room(const struct record *record)
{
    size_t len = record->end - record->data;
    if (record->type != DNS_TYPE_TXT)
        return 2 + WIRE_NAME_MAX;
    return len < DNS_TEXT_MAX ? len : DNS_TEXT_MAX;
}

static bool take_record(struct slice packet, const struct record *record, char *scratch,
                        struct dns_answer *out)
{
    size_t used = 0, len = 0;
    if (out->count > 0)
        used = (size_t)(out->data[out->count - 1].ptr - scratch) + out->data[out->count - 1].len;
    if (out->count == DNS_RECORDS_MAX || record_room(record) > DNS_PACKET_SCRATCH_MAX - used) {
        out->truncated = true;
        return true;
    }
    if (!copy_data(packet, record, scratch + used, &len))
        return false;
    out->data[out->count++] = slice_make(scratch + used, len);
    return true;
}

// Returns false where the section is broken.
static bool read_answers(struct cursor *cursor, unsigned records, unsigned type, struct wire_name *name,
                         char *scratch, struct dns_answer *out)
{
    while (records-- > 0) {
        struct record record;
        read_record(cursor, &record);
        if (cursor->broken)
            return false;
        if (record.class != CLASS_IN || !name_equal(&record.owner, name))
            continue;
        if (record.type != TYPE_CNAME && record.type != type)
            continue;
        if (record.type == type && !take_record(cursor->in, &record, scratch, out))
            return false;
        if (record.type == TYPE_CNAME) {
            struct cursor target = {cursor->in, record.data, false};
            read_name(&target, name);
            if (target.broken || target.at != record.end)
                return false;
        }
        if (record.ttl < out->ttl)
            out->ttl = record.ttl;
    }
    return true;
}

// RFC 2308 section 5: the lesser of the SOA's own TTL and its MINIMUM, its last field.
static int64_t negative_ttl(struct cursor *cursor, unsigned records)
{
    while (records-- > 0) {
        struct record record;
        read_record(cursor, &record);
        if (cursor->broken || record.type != TYPE_SOA || record.end - record.data < 4)
            continue;
        struct cursor minimum = {cursor->in, record.end - 4, false};
        int64_t value = (int64_t)read_32(&minimum);
        return value < record.ttl ? value : record.ttl;
    }
    return DNS_PACKET_NEGATIVE_TTL;
}

static bool read_question(struct cursor *cursor, const struct dns_question *question, struct wire_name *name)
{
    struct wire_name asked;
    read_name(cursor, &asked);
    unsigned type = read_16(cursor);
    unsigned class = read_16(cursor);
    name_from_text(question->name, name);
    return !cursor->broken && type == question->type && class == CLASS_IN && name_equal(&asked, name);
}

void dns_packet_parse(struct slice packet, const struct dns_question *question,
                      char scratch[DNS_PACKET_SCRATCH_MAX], struct dns_answer *out)
{
    struct cursor cursor = {packet, 2, false}; // after the id
    struct wire_name name;
    out->rc = DNS_FAILED;
    out->count = 0;
    out->truncated = false;
    out->ttl = TTL_MAX;
    unsigned flags = read_16(&cursor);
    unsigned questions = read_16(&cursor);
    unsigned answers = read_16(&cursor);
    unsigned authority = read_16(&cursor);
    (void)read_16(&cursor); // the additional section is not read
    unsigned rcode = flags & RCODE_MASK;
    if (!(flags & FLAG_RESPONSE) || flags & FLAG_TRUNCATED || (rcode != 0 && rcode != RCODE_NXDOMAIN))
        goto out;
    if (questions != 1 || !read_question(&cursor, question, &name))
        goto out;
    if (!read_answers(&cursor, answers, question->type, &name, scratch, out))
        goto out;
    out->rc = out->count > 0 ? DNS_FOUND : DNS_NONE;
    if (out->rc == DNS_NONE) {
        int64_t ttl = negative_ttl(&cursor, authority);
        out->ttl = ttl < out->ttl ? ttl : out->ttl;
    }
out:
    if (out->rc == DNS_FAILED) {
        out->count = 0;
        out->ttl = 0;
    }
}
