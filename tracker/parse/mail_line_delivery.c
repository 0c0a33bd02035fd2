// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/line_scan.h"
#include "tracker/parse/mail_line_programs.h"

static bool read_status(struct slice word, enum mail_status *out)
{
    static const struct {
        struct slice word;
        enum mail_status status;
    } words[] = {{SLICE("sent"), MAIL_STATUS_SENT},          {SLICE("deferred"), MAIL_STATUS_DEFERRED},
                 {SLICE("bounced"), MAIL_STATUS_BOUNCED},    {SLICE("SOFTBOUNCE"), MAIL_STATUS_DEFERRED},
                 {SLICE("deliverable"), MAIL_STATUS_PROBED}, {SLICE("undeliverable"), MAIL_STATUS_PROBED}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_equal(words[i].word, word)) {
            *out = words[i].status;
            return true;
        }
    }
    return false;
}

// "status=sent (250 ok)", to the end of the line.
static void take_status(struct slice rest, struct mail_line *out)
{
    struct slice word;
    if (!line_scan_until(&rest, SLICE(" ("), &word) || !read_status(word, &out->status))
        return;
    if (rest.len && rest.ptr[rest.len - 1] == ')')
        rest.len--;
    out->reply = rest;
    out->kind = MAIL_LINE_STATUS;
}

// "to=<r>, orig_to=<o>, relay=h[192.0.2.1]:25, conn_use=2, delay=0.5, delays=0/0/0/0, dsn=2.0.0, status=sent
// (…)"
void mail_line_delivery(struct slice text, struct mail_line *out)
{
    struct slice field;
    out->kind = MAIL_LINE_OTHER;
    if (!line_scan_queue_id(&text, &out->queue_id) || !line_scan_word(&text, SLICE("to=")))
        return;
    out->kind = MAIL_LINE_UNKNOWN;
    if (!line_scan_address(&text, &out->recipient) || !line_scan_word(&text, SLICE(", ")))
        return;
    if (line_scan_word(&text, SLICE("orig_to=")) &&
        (!line_scan_address(&text, &out->original) || !line_scan_word(&text, SLICE(", "))))
        return;
    if (!line_scan_word(&text, SLICE("relay=")) || !line_scan_until(&text, SLICE(", "), &out->host))
        return;
    if (slice_equal(out->host, SLICE("none")))
        out->host.len = 0;
    while (!line_scan_word(&text, SLICE("status="))) {
        if (line_scan_word(&text, SLICE("delay=")) && !line_scan_seconds(&text, &out->delay))
            return;
        if (!line_scan_until(&text, SLICE(", "), &field))
            return;
    }
    take_status(text, out);
}
