// SPDX-License-Identifier: BSD-2-Clause
// Numbers are big-endian; a text is its length in two bytes, then its bytes. Both ends are of one build, so
// there is no version to agree on.
#include "wire/spf_codec.h"

#define REQUEST_TAG 'q'
#define VERDICT_TAG 'v'
#define TEXT_BYTES(max) (2 + (max))

// tag, identity, trace, bits, address, within_ms
_Static_assert(4 + 16 + 8 + 2 * TEXT_BYTES(SPF_NAME_MAX) + TEXT_BYTES(SPF_SENDER_MAX) <=
                   SPF_REQUEST_BYTES_MAX,
               "the longest request fits");
// tag, result, problem, wide, three counts
_Static_assert(4 + 3 * 4 + 2 * TEXT_BYTES(SPF_NAME_MAX) + TEXT_BYTES(SPF_TERM_MAX) +
                       TEXT_BYTES(SPF_EXPLANATION_MAX) + TEXT_BYTES(SPF_TRACE_MAX) <=
                   SPF_VERDICT_BYTES_MAX,
               "so does the longest verdict");

const char *spf_result_word(enum spf_result result)
{
    static const char *const words[SPF_RESULTS] = {
        [SPF_NONE] = "none",           [SPF_NEUTRAL] = "neutral",   [SPF_PASS] = "pass",
        [SPF_FAIL] = "fail",           [SPF_SOFTFAIL] = "softfail", [SPF_TEMPERROR] = "temperror",
        [SPF_PERMERROR] = "permerror",
    };
    return words[result];
}

const char *spf_problem_words(enum spf_problem problem)
{
    static const char *const words[SPF_PROBLEMS] = {
        [SPF_NO_PROBLEM] = "",
        [SPF_NO_DOMAIN] = "no domain name to ask for",
        [SPF_NO_RECORD] = "no SPF record",
        [SPF_DNS_FAILED] = "DNS did not answer",
        [SPF_TOO_SLOW] = "the check took too long",
        [SPF_WORKER_LOST] = "the SPF worker ended during the check",
        [SPF_WORKERS_BUSY] = "too many SPF checks at once",
        [SPF_SYNTAX] = "syntax error in the record",
        [SPF_MANY_RECORDS] = "more than one SPF record",
        [SPF_LONG_RECORD] = "record too long",
        [SPF_TOO_MANY_TERMS] = "more than 10 terms that look up",
        [SPF_TOO_MANY_VOIDS] = "more than 2 look-ups without an answer",
        [SPF_TOO_MANY_MX] = "more than 10 MX records for a term",
        [SPF_TARGET_MISSING] = "included or redirected domain without SPF record",
        [SPF_NO_WORKER] = "no SPF worker could be started",
    };
    return words[problem];
}

static char *put_byte(char *at, unsigned value)
{
    *at = (char)value;
    return at + 1;
}

static char *put_number(char *at, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        *at++ = (char)(value >> 8 * bytes & 0xff);
    return at;
}

static char *put_text(char *at, const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    at = put_number(at, len, 2);
    memcpy(at, text, len);
    return at + len;
}

static bool byte_is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

// The same, with "?" for forbidden bytes: a slip before here costs a byte, not the verdict.
static char *put_printable(char *at, const char *text, size_t max, bool lines)
{
    char *end = put_text(at, text, max);
    for (at += 2; at < end; at++)
        if (!byte_is_printable(*at) && !(lines && *at == '\n'))
            *at = '?';
    return end;
}

size_t spf_request_encode(const struct spf_request *request, char out[SPF_REQUEST_BYTES_MAX])
{
    char *at = put_byte(out, REQUEST_TAG);
    at = put_byte(at, request->identity);
    at = put_byte(at, request->trace);
    at = put_byte(at, request->client.bits);
    memcpy(at, request->client.bytes, request->client.bits / 8);
    at += request->client.bits / 8;
    at = put_number(at, request->within_ms > 0 ? (uint64_t)request->within_ms : 0, 8);
    at = put_text(at, request->helo, SPF_NAME_MAX);
    at = put_text(at, request->sender, SPF_SENDER_MAX);
    at = put_text(at, request->receiver, SPF_NAME_MAX);
    return (size_t)(at - out);
}

size_t spf_verdict_encode(const struct spf_verdict *verdict, char out[SPF_VERDICT_BYTES_MAX])
{
    char *at = put_byte(out, VERDICT_TAG);
    at = put_byte(at, verdict->result);
    at = put_byte(at, verdict->problem);
    at = put_byte(at, verdict->wide);
    at = put_number(at, verdict->terms, 4);
    at = put_number(at, verdict->voids, 4);
    at = put_number(at, verdict->queries, 4);
    at = put_printable(at, verdict->domain, SPF_NAME_MAX, false);
    at = put_printable(at, verdict->record_domain, SPF_NAME_MAX, false);
    at = put_printable(at, verdict->term, SPF_TERM_MAX, false);
    at = put_printable(at, verdict->explanation, SPF_EXPLANATION_MAX, false);
    at = put_printable(at, verdict->trace, SPF_TRACE_MAX, true);
    return (size_t)(at - out);
}

struct reader {
    struct slice rest;
    bool broken; // something was missing or out of range; all later reads give zero and nothing
};

static uint64_t read_number(struct reader *reader, unsigned bytes, uint64_t max)
{
    uint64_t value = 0;
    if (reader->rest.len < bytes)
        reader->broken = true;
    for (unsigned i = 0; i < bytes && !reader->broken; i++)
        value = value << 8 | (unsigned char)reader->rest.ptr[i];
    if (value > max)
        reader->broken = true;
    if (reader->broken)
        return 0;
    reader->rest = slice_skip(reader->rest, bytes);
    return value;
}

// Returns the text, or NULL if there is none.
static const char *read_bytes(struct reader *reader, size_t len)
{
    const char *found = reader->rest.ptr;
    if (reader->broken || reader->rest.len < len) {
        reader->broken = true;
        return NULL;
    }
    reader->rest = slice_skip(reader->rest, len);
    return found;
}

static struct slice read_text(struct reader *reader, char *out, size_t max)
{
    size_t len = (size_t)read_number(reader, 2, max);
    const char *text = read_bytes(reader, len);
    if (text && memchr(text, '\0', len))
        reader->broken = true;
    if (!text || reader->broken)
        return slice_make(NULL, 0);
    memcpy(out, text, len);
    out[len] = '\0';
    return slice_make(out, len);
}

static void read_printable(struct reader *reader, char *out, size_t max, bool lines)
{
    struct slice text = read_text(reader, out, max);
    for (size_t i = 0; i < text.len; i++)
        if (!byte_is_printable(text.ptr[i]) && !(lines && text.ptr[i] == '\n'))
            reader->broken = true;
}

static void read_address(struct reader *reader, struct ip *out)
{
    uint64_t bits = read_number(reader, 1, 128);
    reader->broken = reader->broken || (bits != 32 && bits != 128);
    const char *bytes = read_bytes(reader, (size_t)bits / 8);
    *out = (struct ip){.bits = (uint8_t)bits};
    if (bytes)
        memcpy(out->bytes, bytes, (size_t)bits / 8);
}

bool spf_request_decode(struct slice in, struct spf_request *out)
{
    struct reader reader = {in, false};
    reader.broken = read_number(&reader, 1, 255) != REQUEST_TAG;
    out->identity = (enum spf_identity)read_number(&reader, 1, SPF_MAIL_FROM);
    out->trace = read_number(&reader, 1, 1) != 0;
    read_address(&reader, &out->client);
    out->within_ms = (int64_t)read_number(&reader, 8, INT64_MAX);
    read_text(&reader, out->helo, SPF_NAME_MAX);
    read_text(&reader, out->sender, SPF_SENDER_MAX);
    read_text(&reader, out->receiver, SPF_NAME_MAX);
    return !reader.broken && reader.rest.len == 0;
}

bool spf_verdict_decode(struct slice in, struct spf_verdict *out)
{
    struct reader reader = {in, false};
    reader.broken = read_number(&reader, 1, 255) != VERDICT_TAG;
    out->result = (enum spf_result)read_number(&reader, 1, SPF_RESULTS - 1);
    out->problem = (enum spf_problem)read_number(&reader, 1, SPF_PROBLEMS - 1);
    out->wide = read_number(&reader, 1, 1) != 0;
    out->terms = (unsigned)read_number(&reader, 4, UINT32_MAX);
    out->voids = (unsigned)read_number(&reader, 4, UINT32_MAX);
    out->queries = (unsigned)read_number(&reader, 4, UINT32_MAX);
    read_printable(&reader, out->domain, SPF_NAME_MAX, false);
    read_printable(&reader, out->record_domain, SPF_NAME_MAX, false);
    read_printable(&reader, out->term, SPF_TERM_MAX, false);
    read_printable(&reader, out->explanation, SPF_EXPLANATION_MAX, false);
    read_printable(&reader, out->trace, SPF_TRACE_MAX, true);
    return !reader.broken && reader.rest.len == 0;
}
