// SPDX-License-Identifier: BSD-2-Clause
#include "random_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { POINTS_MAX = 64 };

// Pieces of one script each, so that a mark never comes first; the joiners are where IDNA permits them.
static const char *const latin[] = {"a", "b", "x", "1", "ä", "ö", "ü", "ß", "é", "ñ",
                                    "ç", "ø", "ł", "ő", "ğ", "þ", "æ", "ž", "ș", "rzte"};
static const char *const greek[] = {"α", "β", "γ", "λ", "ο", "ς", "σ", "ό", "ή", "ύ", "ω"};
static const char *const cyrillic[] = {"п", "р", "и", "м", "е", "ё", "й", "ж", "я", "ї"};
static const char *const han[] = {"中", "国", "例", "測", "试", "文", "字"};
static const char *const kana[] = {"テ", "ス", "ト", "が", "の", "ー", "ん"};
static const char *const hangul[] = {"한", "국", "어", "도"};
static const char *const arabic[] = {"م", "ث", "ا", "ل"};
static const char *const hebrew[] = {"ד", "ו", "ג", "מ", "ה"};
static const char *const devanagari[] = {"उ", "दा", "ह", "र", "ण", "क्ष", "क्\u200dष", "क्\u200cष"};
static const char *const thai[] = {"ตั", "ว", "อ", "ย่", "าง"};

#define SCRIPT(pieces)                                                                                       \
    {                                                                                                        \
        pieces, COUNT(pieces)                                                                                \
    }
static const struct {
    const char *const *pieces;
    size_t count;
} scripts[] = {SCRIPT(latin),  SCRIPT(greek),  SCRIPT(cyrillic), SCRIPT(han),        SCRIPT(kana),
               SCRIPT(hangul), SCRIPT(arabic), SCRIPT(hebrew),   SCRIPT(devanagari), SCRIPT(thai)};

static const char *const plain[] = {"example",      "mail",  "r3---sn",   "a",
                                    "xn--fake-bad", "xn--a", "xn--0000h", "b2b"};

static const struct {
    const char *composed, *decomposed;
} compositions[] = {
    {"ä", "a\u0308"},
    {"ö", "o\u0308"},
    {"ü", "u\u0308"},
    {"é", "e\u0301"},
    {"ñ", "n\u0303"},
    {"ç", "c\u0327"},
    {"ő", "o\u030b"},
    {"ğ", "g\u0306"},
    {"ž", "z\u030c"},
    {"ș", "s\u0326"},
    {"ό", "ο\u0301"},
    {"ή", "η\u0301"},
    {"ύ", "υ\u0301"},
    {"ё", "е\u0308"},
    {"й", "и\u0306"},
    {"ї", "і\u0308"},
    {"が", "か\u3099"},
    {"한", "\u1112\u1161\u11ab"},
    {"국", "\u1100\u116e\u11a8"},
    {"어", "\u110b\u1165"},
};

unsigned random_below(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) / 7 % below;
}

static void append(char out[RANDOM_NAME_MAX], const char *text)
{
    if (strlen(out) + strlen(text) >= RANDOM_NAME_MAX)
        abort();
    strcat(out, text);
}

// ---- UTF-8 and RFC 3492 ----

static unsigned read_point(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    const size_t bytes = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 1;
    unsigned point = bytes == 1 ? at[0] : at[0] & (0x7fU >> bytes);
    for (size_t i = 1; i < bytes; i++)
        point = point << 6 | (at[i] & 0x3fU);
    *text += bytes;
    return point;
}

static void append_point(char out[RANDOM_NAME_MAX], unsigned point)
{
    char bytes[5] = "";
    if (point < 0x80)
        snprintf(bytes, sizeof bytes, "%c", point);
    else if (point < 0x800)
        snprintf(bytes, sizeof bytes, "%c%c", 0xc0 | point >> 6, 0x80 | (point & 0x3f));
    else
        snprintf(bytes, sizeof bytes, "%c%c%c", 0xe0 | point >> 12, 0x80 | (point >> 6 & 0x3f),
                 0x80 | (point & 0x3f));
    append(out, bytes);
}

static unsigned adapt(unsigned delta, unsigned points, bool first)
{
    unsigned k = 0;
    delta = first ? delta / 700 : delta / 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static void append_number(char *out, unsigned number, unsigned bias)
{
    for (unsigned k = 36;; k += 36) {
        const unsigned t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        const unsigned digit = number < t ? number : t + (number - t) % (36 - t);
        append(out, (char[]){(char)(digit < 26 ? 'a' + digit : '0' + digit - 26), '\0'});
        if (number < t)
            return;
        number = (number - t) / (36 - t);
    }
}

static unsigned least_from(const unsigned *points, size_t count, unsigned from)
{
    unsigned least = 0x110000;
    for (size_t i = 0; i < count; i++)
        if (points[i] >= from && points[i] < least)
            least = points[i];
    return least;
}

// The numbers after the last "-" (RFC 3492 section 6.3).
static void append_numbers(char *out, const unsigned *points, size_t count, size_t basic)
{
    unsigned n = 0x80, delta = 0, bias = 72;
    for (size_t handled = basic; handled < count; delta++, n++) {
        const unsigned next = least_from(points, count, n);
        delta += (next - n) * (unsigned)(handled + 1);
        n = next;
        for (size_t i = 0; i < count; i++) {
            delta += points[i] < n;
            if (points[i] != n)
                continue;
            append_number(out, delta, bias);
            bias = adapt(delta, (unsigned)handled + 1, handled == basic);
            handled++;
            delta = 0;
        }
    }
}

static void append_a_label(char out[RANDOM_NAME_MAX], const char *label)
{
    unsigned points[POINTS_MAX];
    size_t count = 0, basic = 0;
    char ascii[POINTS_MAX] = "";
    while (*label && count < POINTS_MAX) {
        points[count] = read_point(&label);
        if (points[count] < 0x80)
            ascii[basic++] = (char)points[count];
        count++;
    }
    if (basic < count)
        append(out, "xn--");
    append(out, ascii);
    if (basic == count)
        return;
    if (basic > 0)
        append(out, "-");
    append_numbers(out, points, count, basic);
}

// ---- names ----

static void make_label(unsigned *seed, char out[RANDOM_NAME_MAX])
{
    const size_t script = random_below(seed, COUNT(scripts));
    out[0] = '\0';
    if (random_below(seed, 4) == 0) {
        append(out, plain[random_below(seed, COUNT(plain))]);
        return;
    }
    for (unsigned left = 1 + random_below(seed, 6); left > 0; left--)
        append(out, scripts[script].pieces[random_below(seed, (unsigned)scripts[script].count)]);
}

void random_name_make(unsigned *seed, struct random_name *out)
{
    char label[RANDOM_NAME_MAX];
    out->u[0] = out->a[0] = '\0';
    for (unsigned left = 1 + random_below(seed, 3); left > 0; left--) {
        make_label(seed, label);
        append(out->u, label);
        append_a_label(out->a, label);
        append(out->u, ".");
        append(out->a, ".");
    }
    append(out->u, random_below(seed, 2) ? "example" : "рф");
    append(out->a, strstr(out->u, "рф") ? "xn--p1ai" : "example");
}

// ---- spellings ----

static const char *decomposed(const char *at, size_t *len)
{
    for (size_t i = 0; i < COUNT(compositions); i++) {
        *len = strlen(compositions[i].composed);
        if (strncmp(at, compositions[i].composed, *len) == 0)
            return compositions[i].decomposed;
    }
    return NULL;
}

static void append_stop(unsigned *seed, char out[RANDOM_NAME_MAX])
{
    static const char *const stops[] = {".", ".", ".", "\u3002", "\uff0e", "\uff61"};
    append(out, stops[random_below(seed, COUNT(stops))]);
}

// Sharp s and final sigma have no upper case of their own.
static void append_spelled(unsigned *seed, unsigned point, bool ascii, char out[RANDOM_NAME_MAX])
{
    const bool fixed = point == 0xdf || point == 0x3c2;
    if (random_below(seed, 2) && !fixed)
        point = (unsigned)towupper((wint_t)point);
    if (!ascii && random_below(seed, 8) == 0 && point > ' ' && point < 0x7f)
        point += 0xfee0; // full width
    append_point(out, point);
    if (!ascii && random_below(seed, 16) == 0)
        append(out, "\u00ad");
}

void random_name_spell(unsigned *seed, const struct random_name *name, char out[RANDOM_NAME_MAX])
{
    const bool by_a = random_below(seed, 4) == 0, decompose = random_below(seed, 3) == 0;
    out[0] = '\0';
    for (const char *label = by_a ? name->a : name->u; *label;) {
        const char *end = strchrnul(label, '.');
        bool ascii = true; // is left as it is, and so is a false A-label
        for (const char *at = label; at < end; at++)
            ascii = ascii && !(*at & 0x80);
        while (label < end) {
            size_t len;
            const char *parts = decompose ? decomposed(label, &len) : NULL;
            if (parts) {
                append(out, parts);
                label += len;
            } else {
                append_spelled(seed, read_point(&label), ascii, out);
            }
        }
        if (*label++ == '\0')
            break;
        if (by_a)
            append(out, ".");
        else
            append_stop(seed, out);
    }
    if (random_below(seed, 8) == 0)
        append(out, ".");
}
