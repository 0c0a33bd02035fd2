// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/lmtp/lmtp_message.h"

static void append(char field[LMTP_MESSAGE_FIELD_MAX], struct slice text)
{
    const size_t used = strlen(field), room = LMTP_MESSAGE_FIELD_MAX - 1 - used;
    const size_t count = text.len < room ? text.len : room;
    for (size_t i = 0; i < count; i++)
        field[used + i] = (char)(text.ptr[i] ? text.ptr[i] : ' '); // a NUL would end it
    field[used + count] = '\0';
}

// Fields are known by their first occurrence: a forwarder that adds its own Message-ID adds it below.
static void open_field(struct lmtp_message *message, struct slice line)
{
    struct slice name, body;
    message->open = NULL;
    if (!slice_split(line, ':', &name, &body))
        return;
    name = slice_trim(name);
    if (slice_equal_nocase(name, SLICE("Received")))
        message->received++;
    else if (slice_equal_nocase(name, SLICE("Message-ID")) && !message->message_id[0])
        message->open = message->message_id;
    else if (slice_equal_nocase(name, SLICE(LMTP_MESSAGE_PROBE_FIELD)) && !message->probe_field[0])
        message->open = message->probe_field;
    if (message->open)
        append(message->open, body);
}

void lmtp_message_line(struct lmtp_message *message, struct slice line, bool starts)
{
    if (message->in_body)
        return;
    if (!starts || (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))) {
        if (message->open)
            append(message->open, line);
        return;
    }
    if (line.len == 0)
        message->in_body = true;
    else
        open_field(message, line);
}
