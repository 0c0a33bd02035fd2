// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/mail_message.h"

#include "base/address.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WORD_BYTES = 45 }; // of one encoded word, which has at most 75 characters (RFC 2047 section 2)

struct writer {
    char *out;
    size_t used;
    bool full;
};

static void put(struct writer *writer, const char *text, size_t len)
{
    if (writer->full || writer->used + len >= MAIL_MESSAGE_MAX) {
        writer->full = true;
        return;
    }
    memcpy(writer->out + writer->used, text, len);
    writer->used += len;
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

// Bytes of the next encoded word: no character is cut (RFC 2047 section 5).
static size_t word_size(const char *text)
{
    size_t size = strnlen(text, WORD_BYTES);
    while (size > 0 && text[size] && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size ? size : 1;
}

static void put_subject(struct writer *writer, const char *subject)
{
    put_text(writer, "Subject: ");
    if (is_plain(subject)) {
        put_text(writer, subject);
    } else {
        for (const char *rest = subject; *rest;) {
            const size_t size = word_size(rest);
            unsigned char word[2 * WORD_BYTES];
            const int len = EVP_EncodeBlock(word, (const unsigned char *)rest, (int)size);
            put_text(writer, rest == subject ? "=?utf-8?B?" : "\n =?utf-8?B?");
            put(writer, (const char *)word, (size_t)len);
            put_text(writer, "?=");
            rest += size;
        }
    }
    put_text(writer, "\n");
}

// RFC 5322 section 3.3, in UTC.
static void put_date(struct writer *writer, int64_t date)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t at = (time_t)date;
    struct tm tm;
    char text[64];
    if (!gmtime_r(&at, &tm))
        return;
    snprintf(text, sizeof text, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\n", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    put_text(writer, text);
}

// Addresses that need quotes in a header are left out: no contact has one.
static bool is_address(const char *text)
{
    char folded[ADDRESS_MAX + 1];
    return is_plain(text) && !strpbrk(text, " <>(),;:\\\"[]") &&
           address_fold(slice_from(text), folded) == ADDRESS_OK;
}

size_t mail_message_write(const struct mail_message *message, char out[MAIL_MESSAGE_MAX])
{
    struct writer writer = {.out = out};
    char head[2 * ADDRESS_MAX + 700];
    if (!is_address(message->sender) || !is_address(message->recipient) || !is_plain(message->id) ||
        !is_plain(message->host))
        return 0;
    snprintf(head, sizeof head, "From: Emailgency <%s>\nTo: <%s>\nMessage-ID: <%.200s@%.200s>\n",
             message->sender, message->recipient, message->id, message->host);
    put_text(&writer, head);
    put_date(&writer, message->date);
    put_subject(&writer, message->subject);
    put_text(&writer, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
    put_text(&writer, message->body);
    return writer.full ? 0 : writer.used;
}
