// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/forged_field.h"

#include "base/address.h"
#include "milter/headers/header_decode.h"

#include <stdlib.h>

// Ways in which a reader parses a field. Not all follow RFC 5322 section 3.2, so each way is tried.
enum {
    COMMENTS = 1, // supports comments
    NESTED = 2,   // and nested ones
    PAIRS = 4,    // a backslash in a comment quotes the next byte
    QUOTED = 8,   // quoted text is neither comment nor key
    CLEANED = 16, // drops control bytes
    READINGS = 32,
    DECODED = 32, // has decoded encoded words (header_decode.h)
};

struct reading {
    struct slice rest;
    unsigned how;
};

static bool is_control(char byte)
{
    return (byte >= '\0' && byte < ' ') || byte == 0x7f;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_name_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '-' || byte == '_' || byte == '.' || (byte & 0x80);
}

static char next_byte(const struct reading *in)
{
    if (in->rest.len == 0)
        return ';';
    return in->rest.ptr[0];
}

static void skip(struct reading *in, size_t count)
{
    in->rest = slice_skip(in->rest, count);
}

static void skip_comment(struct reading *in)
{
    size_t depth = 0;
    do {
        const char byte = next_byte(in);
        if (byte == '\\' && (in->how & PAIRS))
            skip(in, 1);
        else if (byte == '(' && (depth == 0 || (in->how & NESTED)))
            depth++;
        else if (byte == ')')
            depth--;
        skip(in, 1);
    } while (depth && in->rest.len);
}

static bool at_comment(const struct reading *in)
{
    return next_byte(in) == '(' && (in->how & COMMENTS);
}

// Blanks, folds, control bytes and comments.
static bool at_gap(const struct reading *in)
{
    return is_blank(next_byte(in)) || is_control(next_byte(in)) || at_comment(in);
}

static void skip_gaps(struct reading *in)
{
    while (at_gap(in)) {
        if (at_comment(in))
            skip_comment(in);
        else
            skip(in, 1);
    }
}

static bool at_dropped(const struct reading *in)
{
    const char byte = next_byte(in);
    return byte == '"' || byte == '\\' || ((in->how & CLEANED) && is_control(byte) && !is_blank(byte));
}

// Reads a host name into `out`, without its quotes and quoted pairs; a gap beside a dot does not end it
// (obs-domain, RFC 5322 section 4.4). Returns its length. One that is too long is cut, and then matches no
// host.
static size_t read_name(struct reading *in, char out[ADDRESS_MAX])
{
    size_t len = 0;
    skip_gaps(in);
    while (in->rest.len && len < ADDRESS_MAX) {
        if (is_name_byte(next_byte(in))) {
            out[len++] = next_byte(in);
            skip(in, 1);
        } else if (at_dropped(in)) {
            skip(in, 1);
        } else if (at_gap(in)) {
            skip_gaps(in);
            if (next_byte(in) != '.' && len && out[len - 1] != '.')
                break;
        } else {
            break;
        }
    }
    return len;
}

static bool is_8bit(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] & 0x80)
            return true;
    return false;
}

static bool label_could_be(struct slice label, struct slice own)
{
    return slice_equal_nocase(label, own) ||
           (is_8bit(label) && own.len > 4 && slice_equal_nocase(slice_make(own.ptr, 4), SLICE("xn--")));
}

static bool name_could_be(struct slice name, struct slice own)
{
    bool more, own_more;
    while (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    do {
        struct slice label, own_label;
        more = slice_split(name, '.', &label, &name);
        own_more = slice_split(own, '.', &own_label, &own);
        if (!label_could_be(label, own_label))
            return false;
    } while (more && own_more);
    return more == own_more;
}

static bool reads_as(struct reading in, struct slice own)
{
    char name[ADDRESS_MAX];
    const size_t len = read_name(&in, name);
    if ((in.how & DECODED) && memchr(name, HEADER_DECODE_ANYTHING, len))
        return true;
    return len && name_could_be(slice_make(name, len), own);
}

// Returns whether the field names this host in one reading.
typedef bool (*finder)(struct reading in, struct slice own);

static bool any_reading(struct slice value, unsigned decoded, struct slice own, finder names_host)
{
    for (unsigned how = 0; how < READINGS; how++)
        if (names_host((struct reading){value, how | decoded}, own))
            return true;
    return false;
}

// Tries the literal text and each way to decode it. If out of memory the field counts as forged: a missing
// field does less harm than a forged one.
static bool could_name(struct slice value, struct slice own, finder names_host)
{
    if (any_reading(value, 0, own, names_host))
        return true;
    if (!header_decode_needed(value))
        return false;
    char *text = malloc(value.len);
    bool found = !text;
    for (unsigned way = 0; way < HEADER_DECODE_WAYS && !found; way++)
        found = any_reading(slice_make(text, header_decode(value, way, text)),
                            way & HEADER_DECODE_WORDS ? DECODED : 0, own, names_host);
    free(text);
    return found;
}

bool forged_field_auth_results(struct slice name, struct slice value, struct slice authserv_id)
{
    return slice_equal_nocase(slice_trim(name), SLICE("Authentication-Results")) &&
           could_name(value, authserv_id, reads_as);
}

static void skip_quoted(struct reading *in)
{
    do {
        skip(in, next_byte(in) == '\\' ? 2 : 1);
    } while (in->rest.len && next_byte(in) != '"');
    skip(in, 1);
}

// "receiver" "=" and the name of this host.
static bool pair_names(struct reading in, struct slice receiver)
{
    const struct slice key = SLICE("receiver");
    if (in.rest.len < key.len || !slice_equal_nocase(slice_make(in.rest.ptr, key.len), key))
        return false;
    skip(&in, key.len);
    skip_gaps(&in);
    if (next_byte(&in) != '=')
        return false;
    skip(&in, 1);
    return reads_as(in, receiver);
}

static bool comment_names(struct reading in, struct slice receiver)
{
    if (next_byte(&in) != '(' || (in.how & COMMENTS))
        return false;
    skip(&in, 1);
    return reads_as(in, receiver);
}

static void skip_piece(struct reading *in)
{
    if (at_comment(in))
        skip_comment(in);
    else if (next_byte(in) == '"' && (in->how & QUOTED))
        skip_quoted(in);
    else
        skip(in, 1);
}

// skip_piece skips in one step the text that a pair has looked ahead over, so the time is linear.
static bool names_receiver(struct reading in, struct slice receiver)
{
    for (; in.rest.len; skip_piece(&in))
        if (pair_names(in, receiver) || comment_names(in, receiver))
            return true;
    return false;
}

bool forged_field_received_spf(struct slice name, struct slice value, struct slice receiver)
{
    return slice_equal_nocase(slice_trim(name), SLICE("Received-SPF")) &&
           could_name(value, receiver, names_receiver);
}
