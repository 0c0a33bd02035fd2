// SPDX-License-Identifier: BSD-2-Clause
#include "mime/mime.h"

#include "base/address.h"

#include <openssl/evp.h>
#include <time.h>

enum {
    LINE_MAX_LEN = 76, // of a header line with encoded words, and of quoted-printable
    WORD_BYTES = 45,   // of one encoded word, which has at most 75 characters
};

static const char before_word[] = "=?utf-8?B?", after_word[] = "?=";

bool mime_is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

bool mime_is_address(const char *text)
{
    char folded[ADDRESS_MAX + 1];
    return mime_is_plain(text) && !strpbrk(text, " <>(),;:\\\"[]") &&
           address_fold(slice_from(text), folded) == ADDRESS_OK;
}

// Bytes of the next encoded word, of at most `room`, that cut no character.
static size_t word_size(const char *text, size_t room)
{
    size_t size = strnlen(text, room);
    while (size > 0 && text[size] && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size ? size : 1;
}

// `used` is the length of the line so far.
static void put_words(FILE *out, const char *text, size_t used)
{
    const size_t around = sizeof before_word - 1 + sizeof after_word - 1;
    for (const char *rest = text; *rest;) {
        const size_t room = (LINE_MAX_LEN - used - around) / 4 * 3;
        const size_t size = word_size(rest, room < WORD_BYTES ? room : WORD_BYTES);
        unsigned char word[2 * WORD_BYTES];
        EVP_EncodeBlock(word, (const unsigned char *)rest, (int)size);
        fprintf(out, "%s%s%s%s", rest == text ? "" : "\n ", before_word, (const char *)word, after_word);
        rest += size;
        used = 1;
    }
}

void mime_put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s: ", name);
    if (mime_is_plain(text) && !strstr(text, "=?"))
        fputs(text, out);
    else
        put_words(out, text, strlen(name) + 2);
    fputc('\n', out);
}

static void put_quoted_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void mime_put_mailbox(FILE *out, const char *name, const char *text, const char *address)
{
    fprintf(out, "%s: ", name);
    if (mime_is_plain(text) && !strstr(text, "=?"))
        put_quoted_string(out, text);
    else
        put_words(out, text, strlen(name) + 2);
    fprintf(out, "\n <%s>\n", address);
}

void mime_put_date(FILE *out, int64_t date)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t at = (time_t)date;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        fprintf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\n", days[tm.tm_wday], tm.tm_mday,
                months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

// Returns whether the byte at `at` of a line cannot be written as it is.
static bool is_encoded(struct slice line, size_t at)
{
    const unsigned char byte = (unsigned char)line.ptr[at];
    if (byte == ' ' || byte == '\t')
        return at + 1 == line.len;
    if (byte == '=' || byte < '!' || byte > '~')
        return true;
    return at == 0 && ((byte == '.' && line.len == 1) || slice_has_prefix(line, SLICE("From ")));
}

static size_t put_encoded(FILE *out, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    fputc('=', out);
    fputc(digits[(unsigned char)byte >> 4], out);
    fputc(digits[(unsigned char)byte & 15], out);
    return 3;
}

// After a soft line break a line may begin like one that has a meaning.
static void put_line(FILE *out, struct slice line)
{
    size_t used = 0;
    for (size_t i = 0; i < line.len; i++) {
        bool encoded = is_encoded(line, i);
        if (used + (encoded ? 3 : 1) + (i + 1 < line.len) > LINE_MAX_LEN) {
            fputs("=\n", out);
            used = 0;
            encoded = encoded || line.ptr[i] == '.' || line.ptr[i] == 'F';
        }
        if (encoded)
            used += put_encoded(out, line.ptr[i]);
        else
            used += fputc(line.ptr[i], out) != EOF;
    }
}

void mime_put_quoted_printable(FILE *out, struct slice text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) : text.len;
        put_line(out, slice_make(text.ptr, len));
        if (end)
            fputc('\n', out);
        text = slice_skip(text, len + 1);
    }
}
