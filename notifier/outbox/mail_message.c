// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/mail_message.h"

#include "mime/mime.h"

static void write_fields(FILE *out, const struct mail_message *message)
{
    fprintf(out, "From: Emailgency <%s>\nTo: <%s>\nMessage-ID: <%.200s@%.200s>\n", message->sender,
            message->recipient, message->id, message->host);
    mime_put_date(out, message->date);
    mime_put_text(out, "Subject", message->subject);
    fputs(message->fields ? message->fields : "", out);
    fputs("Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
          "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
          out);
}

size_t mail_message_write(const struct mail_message *message, char text[MAIL_MESSAGE_MAX])
{
    if (!mime_is_address(message->sender) || !mime_is_address(message->recipient) ||
        !mime_is_plain(message->id) || !mime_is_plain(message->host))
        return 0;
    FILE *out = fmemopen(text, MAIL_MESSAGE_MAX, "w");
    if (!out)
        return 0;
    write_fields(out, message);
    fputs(message->body, out);
    const long size = fflush(out) == 0 ? ftell(out) : 0;
    return fclose(out) == 0 && size > 0 && size < MAIL_MESSAGE_MAX ? (size_t)size : 0;
}
