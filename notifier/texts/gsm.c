// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/texts/gsm.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SEGMENT = 160 };

// Letters with accents that the alphabet has.
static const char own[] = "èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà";

struct letter {
    const char *from, *to;
};

static const struct letter letters[] = {
    {"ç", "c"},   {"ê", "e"},      {"ë", "e"},      {"â", "a"},   {"á", "a"},  {"ã", "a"}, {"î", "i"},
    {"ï", "i"},   {"í", "i"},      {"ô", "o"},      {"ó", "o"},   {"õ", "o"},  {"û", "u"}, {"ú", "u"},
    {"ÿ", "y"},   {"ý", "y"},      {"œ", "oe"},     {"Œ", "OE"},  {"À", "A"},  {"Á", "A"}, {"Â", "A"},
    {"Ã", "A"},   {"È", "E"},      {"Ê", "E"},      {"Ë", "E"},   {"Í", "I"},  {"Î", "I"}, {"Ï", "I"},
    {"Ó", "O"},   {"Ô", "O"},      {"Õ", "O"},      {"Ù", "U"},   {"Ú", "U"},  {"Û", "U"}, {"’", "'"},
    {"‘", "'"},   {"“", "\""},     {"”", "\""},     {"«", "\""},  {"»", "\""}, {"–", "-"}, {"—", "-"},
    {"…", "..."}, {"\u00a0", " "}, {"\u202f", " "}, {"€", "EUR"},
};

// Bytes of the UTF-8 character at `text`; 1 for one that is broken.
static size_t character_size(const char *text)
{
    const unsigned char first = (unsigned char)*text;
    const size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    return size;
}

static bool is_own(const char *text, size_t size)
{
    for (const char *at = own; *at; at += character_size(at))
        if (size > 1 && strncmp(at, text, size) == 0)
            return true;
    return false;
}

// The replacement of a character, of at most three characters.
static const char *replacement(const char *text, size_t size, char plain[2])
{
    if (size == 1) {
        const unsigned char byte = (unsigned char)*text;
        plain[0] = *text;
        if (byte < ' ' || byte == 0x7f)
            plain[0] = ' ';
        else if (byte > 0x7f || strchr("[]{}\\^~|`", byte))
            plain[0] = '?';
        return plain;
    }
    for (unsigned i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strlen(letters[i].from) == size && memcmp(letters[i].from, text, size) == 0)
            return letters[i].to;
    return "?";
}

void gsm_text(const char *text, char *out, size_t size)
{
    size_t used = 0, characters = 0, cut = 0; // cut: bytes that leave room for "..."
    while (*text) {
        char plain[2] = "";
        const size_t from = character_size(text);
        const bool kept = is_own(text, from);
        const char *to = kept ? text : replacement(text, from, plain);
        const size_t bytes = kept ? from : strlen(to), count = kept ? 1 : bytes;
        if (characters + count > SEGMENT || used + bytes + 4 > size) {
            memcpy(out + cut, "...", 4);
            return;
        }
        memcpy(out + used, to, bytes);
        used += bytes;
        characters += count;
        if (characters <= SEGMENT - 3)
            cut = used;
        text += from;
    }
    out[used] = '\0';
}
