// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/mail_message.h"

#include "mime/mime.h"

static bool is_right(const struct mail_message *message)
{
    return mime_is_address(message->sender) && mime_is_address(message->recipient) &&
           mime_is_plain(message->id) && mime_is_plain(message->host);
}

static void write_head(FILE *out, const struct mail_message *message)
{
    fprintf(out, "From: Emailgency <%s>\nTo: <%s>\nMessage-ID: <%.200s@%.200s>\n", message->sender,
            message->recipient, message->id, message->host);
}

static void write_fields(FILE *out, const struct mail_message *message)
{
    write_head(out, message);
    mime_put_date(out, message->date);
    mime_put_text(out, "Subject", message->subject);
    fputs(message->fields ? message->fields : "", out);
    fputs("Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
          "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
          out);
}

static size_t end_text(FILE *out, size_t max)
{
    const long size = fflush(out) == 0 ? ftell(out) : 0;
    return fclose(out) == 0 && size > 0 && (size_t)size < max ? (size_t)size : 0;
}

size_t mail_message_write(const struct mail_message *message, char text[MAIL_MESSAGE_MAX])
{
    FILE *out = is_right(message) ? fmemopen(text, MAIL_MESSAGE_MAX, "w") : NULL;
    if (!out)
        return 0;
    write_fields(out, message);
    fputs(message->body, out);
    return end_text(out, MAIL_MESSAGE_MAX);
}

size_t mail_message_head(const struct mail_message *message, char text[MAIL_MESSAGE_HEAD_MAX])
{
    FILE *out = is_right(message) ? fmemopen(text, MAIL_MESSAGE_HEAD_MAX, "w") : NULL;
    if (!out)
        return 0;
    write_head(out, message);
    return end_text(out, MAIL_MESSAGE_HEAD_MAX);
}
