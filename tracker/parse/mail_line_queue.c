// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/line_scan.h"
#include "tracker/parse/mail_line_programs.h"

// "hold: header Subject: …", "reject: body …": what the sender wrote is not read, and not kept.
static void take_action(struct slice text, struct mail_line *out)
{
    if (slice_has_prefix(text, SLICE("hold: ")) || slice_has_prefix(text, SLICE("milter-hold: "))) {
        out->kind = MAIL_LINE_HELD;
    } else if (slice_has_prefix(text, SLICE("reject: "))) {
        out->kind = MAIL_LINE_REJECT;
        out->action = MAIL_ACTION_REJECT;
        out->reply = SLICE("rejected by a header or body check");
    } else {
        mail_line_refusal(text, out);
    }
}

void mail_line_cleanup(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (!line_scan_queue_id(&text, &out->queue_id))
        return;
    if (!line_scan_word(&text, SLICE("message-id="))) {
        if (!slice_has_prefix(text, SLICE("resent-message-id=")))
            take_action(text, out);
        return;
    }
    out->message_id = text;
    if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>')
        out->message_id = slice_make(text.ptr + 1, text.len - 2);
    out->kind = MAIL_LINE_MESSAGE_ID;
}

void mail_line_pickup(struct slice text, struct mail_line *out)
{
    struct slice uid;
    out->kind = MAIL_LINE_OTHER;
    if (!line_scan_queue_id(&text, &out->queue_id) || !line_scan_until(&text, SLICE(" "), &uid) ||
        !line_scan_word(&text, SLICE("from=")) || !line_scan_address(&text, &out->sender))
        return;
    out->has_sender = true;
    out->kind = MAIL_LINE_CLIENT;
}

void mail_line_qmgr(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (!line_scan_queue_id(&text, &out->queue_id))
        return;
    if (slice_equal(text, SLICE("removed"))) {
        out->kind = MAIL_LINE_REMOVED;
        return;
    }
    if (!line_scan_word(&text, SLICE("from=")) || !line_scan_address(&text, &out->sender) ||
        !line_scan_word(&text, SLICE(", ")))
        return;
    out->has_sender = true;
    if (line_scan_word(&text, SLICE("size=")) && line_scan_size(&text, &out->size) &&
        line_scan_word(&text, SLICE(", nrcpt=")) && line_scan_number(&text, INT32_MAX, &out->recipients))
        out->kind = MAIL_LINE_QUEUED;
    else if (line_scan_word(&text, SLICE("status=")) &&
             (slice_has_prefix(text, SLICE("expired")) || slice_has_prefix(text, SLICE("force-expired")))) {
        out->kind = MAIL_LINE_EXPIRED;
        out->reply = text;
    }
}

void mail_line_bounce(struct slice text, struct mail_line *out)
{
    struct slice what;
    out->kind = MAIL_LINE_OTHER;
    if (line_scan_queue_id(&text, &out->queue_id) &&
        line_scan_until(&text, SLICE(" notification: "), &what) && line_scan_is_queue_id(text)) {
        out->child = text;
        out->reply = what;
        out->kind = MAIL_LINE_NOTICE;
    }
}

void mail_line_postsuper(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (!line_scan_queue_id(&text, &out->queue_id))
        return;
    out->reply = text;
    if (slice_equal(text, SLICE("removed")))
        out->kind = MAIL_LINE_REMOVED;
    else if (slice_equal(text, SLICE("placed on hold")))
        out->kind = MAIL_LINE_HELD;
    else if (slice_equal(text, SLICE("released from hold")))
        out->kind = MAIL_LINE_RELEASED;
}
