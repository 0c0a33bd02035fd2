// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/postfix/envelope_reader.h"

// src/global/rec_type.h
enum {
    TYPE_SIZE = 'C',
    TYPE_TIME = 'T',
    TYPE_RECIPIENT = 'R',
    TYPE_CONTENT = 'M',
    TYPE_POINTER = 'p',
    TYPE_END = 'E'
};

#define OFFSET_MAX ((uint64_t)INT64_MAX / 2)

struct envelope_record {
    char type;
    struct slice data;
    size_t size; // of all of it
};

enum found { FOUND_RECORD, FOUND_PART, FOUND_FAULT };

// `len` gets the length, `head` its place after the type.
static enum found parse_length(struct slice in, size_t *len, size_t *head)
{
    *len = 0;
    for (size_t at = 1, shift = 0; at < in.len; at++, shift += 7) {
        if (shift > 21)
            return FOUND_FAULT;
        *len |= (size_t)(in.ptr[at] & 0x7f) << shift;
        if (!(in.ptr[at] & 0x80)) {
            *head = at + 1;
            return FOUND_RECORD;
        }
    }
    return FOUND_PART;
}

static enum found parse_record(struct slice in, struct envelope_record *out)
{
    size_t len, head;
    const enum found found = parse_length(in, &len, &head);
    if (found != FOUND_RECORD)
        return found;
    if (head + len > ENVELOPE_READER_WINDOW)
        return FOUND_FAULT;
    if (head + len > in.len)
        return FOUND_PART;
    *out = (struct envelope_record){in.ptr[0], slice_make(in.ptr + head, len), head + len};
    return FOUND_RECORD;
}

// The next number, which blanks stand before.
static bool take_number(struct slice *rest, uint64_t *out)
{
    unsigned long long number;
    struct slice word;
    *rest = slice_trim(*rest);
    slice_split(*rest, ' ', &word, rest);
    if (!slice_number(word, OFFSET_MAX, &number))
        return false;
    *out = number;
    return true;
}

// Length of the content, and its offset.
static bool note_size(struct envelope_reader *reader, struct slice data)
{
    uint64_t size, begin;
    if (!take_number(&data, &size) || !take_number(&data, &begin))
        return false;
    reader->after_content = begin > 0 ? begin + size : 0;
    return true;
}

// "seconds", or "seconds microseconds".
static bool note_time(struct envelope_reader *reader, struct slice data)
{
    uint64_t seconds;
    if (!take_number(&data, &seconds))
        return false;
    if (reader->arrival == 0)
        reader->arrival = (int64_t)seconds;
    return true;
}

// A pointer to 0 leads to what follows it.
static bool follow(struct envelope_reader *reader, struct slice data)
{
    uint64_t target;
    if (!take_number(&data, &target))
        return false;
    if (target > 0)
        reader->offset = target;
    return true;
}

static bool pass_content(struct envelope_reader *reader)
{
    if (reader->is_extracted || reader->after_content < reader->offset)
        return false;
    reader->is_extracted = true;
    reader->offset = reader->after_content;
    return true;
}

// The reader is past the record already. Returns false for one that cannot be.
static bool take_record(struct envelope_reader *reader, const struct envelope_record *record)
{
    switch (record->type) {
    case TYPE_SIZE:
        return note_size(reader, record->data);
    case TYPE_TIME:
        return note_time(reader, record->data);
    case TYPE_RECIPIENT:
        reader->on_recipient(record->data, reader->arg);
        return true;
    case TYPE_POINTER:
        return follow(reader, record->data);
    case TYPE_CONTENT:
        return pass_content(reader);
    default:
        return true;
    }
}

enum envelope_rc envelope_reader_take(struct envelope_reader *reader, struct slice bytes)
{
    const uint64_t begin = reader->offset;
    struct envelope_record record;
    enum found found;
    struct slice rest = bytes;
    while ((found = parse_record(rest, &record)) == FOUND_RECORD) {
        if (++reader->steps > ENVELOPE_READER_STEPS)
            return ENVELOPE_BAD;
        const uint64_t next = reader->offset += record.size;
        if (record.type == TYPE_END)
            return reader->is_extracted ? ENVELOPE_END : ENVELOPE_BAD;
        if (!take_record(reader, &record))
            return ENVELOPE_BAD;
        if (reader->offset != next && (reader->offset < begin || reader->offset - begin > bytes.len))
            return ENVELOPE_MORE;
        rest = slice_skip(bytes, (size_t)(reader->offset - begin));
    }
    const bool is_end = bytes.len < ENVELOPE_READER_WINDOW;
    return found == FOUND_FAULT || is_end || reader->offset == begin ? ENVELOPE_BAD : ENVELOPE_MORE;
}
