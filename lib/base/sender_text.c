// SPDX-License-Identifier: BSD-2-Clause
#include "base/sender_text.h"

#define TAG_MIN 8      // "bounce-1a2b3c4d"; shorter ones are words ("cafe2")
#define HEX_WORD_MIN 4 // a group of a UUID may lack digits ("cafe")
#define PROGRAM_MIN 24
#define PROGRAM_RUNS 3

enum { DIGIT = 1, HEX = 2, LETTER = 4 };

static const unsigned char classes[256] = {
    ['0' ... '9'] = DIGIT | HEX,  ['A' ... 'F'] = LETTER | HEX, ['G' ... 'Z'] = LETTER,
    ['a' ... 'f'] = LETTER | HEX, ['g' ... 'z'] = LETTER,
};

static bool is(char byte, unsigned char class)
{
    return classes[(unsigned char)byte] & class;
}

static bool is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

// Number of bytes at the start that are of the class.
static size_t span(struct slice in, unsigned char class)
{
    size_t len = 0;
    while (len < in.len && is(in.ptr[len], class))
        len++;
    return len;
}

static bool has(struct slice in, unsigned char class)
{
    for (size_t i = 0; i < in.len; i++)
        if (is(in.ptr[i], class))
            return true;
    return false;
}

bool sender_text_is_hex_tag(struct slice in)
{
    return in.len >= TAG_MIN && span(in, HEX) == in.len && has(in, DIGIT);
}

bool sender_text_is_domain(struct slice in)
{
    bool dotted = false;
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == '.')
            dotted = true;
        else if (!is(in.ptr[i], LETTER | DIGIT) && in.ptr[i] != '-')
            return false;
    }
    return dotted;
}

static void put_byte(struct sender_text *text, char byte)
{
    static const char hex[] = "0123456789abcdef";
    if (byte >= 'A' && byte <= 'Z')
        byte = (char)(byte | 0x20);
    if (is_printable(byte)) {
        if (text->len < text->limit)
            text->bytes[text->len++] = byte;
    } else if (text->len + 3 <= text->limit) {
        text->bytes[text->len++] = '\\';
        text->bytes[text->len++] = hex[(unsigned char)byte >> 4];
        text->bytes[text->len++] = hex[byte & 15];
    } else {
        text->limit = text->len; // what follows must not take its place
    }
}

void sender_text_put(struct sender_text *text, struct slice in)
{
    for (size_t i = 0; i < in.len && text->len < text->limit; i++)
        put_byte(text, in.ptr[i]);
}

size_t sender_text_length(struct slice in)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++)
        len += is_printable(in.ptr[i]) ? 1 : 3;
    return len;
}

// "#-#" is "#", since programs differ in how many numbers they write.
static void put_mark(struct sender_text *text)
{
    if (text->len >= 2 && text->bytes[text->len - 2] == '#' &&
        !is(text->bytes[text->len - 1], LETTER | DIGIT))
        text->len--;
    else if (text->len == 0 || text->bytes[text->len - 1] != '#')
        put_byte(text, '#');
}

static bool is_tag(struct slice word, bool by_program)
{
    if (sender_text_is_hex_tag(word))
        return true;
    return by_program && (has(word, DIGIT) || (word.len >= HEX_WORD_MIN && span(word, HEX) == word.len));
}

static void put_word(struct sender_text *text, struct slice word)
{
    while (word.len) {
        size_t digits = span(word, DIGIT);
        if (digits)
            put_mark(text);
        word = slice_skip(word, digits);
        size_t letters = span(word, LETTER);
        sender_text_put(text, slice_make(word.ptr, letters));
        word = slice_skip(word, letters);
    }
}

static bool is_by_program(struct slice local)
{
    size_t runs = 0;
    for (size_t i = 0; i < local.len; i++)
        runs += is(local.ptr[i], DIGIT) && (i == 0 || !is(local.ptr[i - 1], DIGIT));
    return local.len >= PROGRAM_MIN && runs >= PROGRAM_RUNS;
}

void sender_text_put_local(struct sender_text *text, struct slice local)
{
    bool by_program = is_by_program(local);
    while (local.len) {
        struct slice word = slice_make(local.ptr, span(local, LETTER | DIGIT));
        if (word.len == 0)
            put_byte(text, local.ptr[0]);
        else if (is_tag(word, by_program))
            put_mark(text);
        else
            put_word(text, word);
        local = slice_skip(local, word.len ? word.len : 1);
    }
}
