// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/line_scan.h"
#include "tracker/parse/mail_line_programs.h"

static bool is_address_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
}

// "unknown" and what is no IP address leave the client empty.
static bool take_client(struct slice *rest, struct mail_line *out)
{
    if (!line_scan_peer(rest, &out->client_name, &out->client))
        return false;
    for (size_t i = 0; i < out->client.len; i++)
        if (!is_address_byte(out->client.ptr[i]))
            out->client = (struct slice){NULL, 0};
    return true;
}

// " from=<s> to=<r> proto=ESMTP helo=<h>", each may be missing, up to the end of the line. What follows about
// a login is not taken: a client may put the same words into its HELO name, blanks and all (Postfix
// src/smtpd/smtpd.c, helo_cmd). The line of the queue file, and policyd's, have the login.
static bool take_envelope(struct slice rest, struct mail_line *out)
{
    struct slice ignored;
    struct mail_line found = *out;
    found.has_sender = line_scan_word(&rest, SLICE(" from="));
    if (found.has_sender && !line_scan_address(&rest, &found.sender))
        return false;
    if (line_scan_word(&rest, SLICE(" to=")) && !line_scan_address(&rest, &found.recipient))
        return false;
    if (line_scan_word(&rest, SLICE(" proto=")) && !line_scan_peer(&rest, &ignored, &ignored))
        return false;
    if (line_scan_word(&rest, SLICE(" helo=")) && !line_scan_address(&rest, &found.helo))
        return false;
    if (line_scan_word(&rest, SLICE(" sasl_method=")) && !line_scan_peer(&rest, &ignored, &ignored))
        return false;
    if (line_scan_word(&rest, SLICE(" sasl_username=")) && !line_scan_address(&rest, &ignored))
        return false;
    if (rest.len > 0 && rest.ptr[0] != ':') // cleanup appends the text of an action
        return false;
    *out = found;
    return true;
}

// The envelope begins after the first ";" from which on all of the rest has its form: the text before it, and
// a quoted recipient within it, may hold anything.
static struct slice take_reply(struct slice text, struct mail_line *out)
{
    for (struct slice rest = text; rest.len;) {
        const char *at = memchr(rest.ptr, ';', rest.len);
        if (!at)
            break;
        rest = slice_skip(rest, (size_t)(at - rest.ptr) + 1);
        if (rest.len && take_envelope(rest, out))
            return slice_make(text.ptr, (size_t)(at - text.ptr));
    }
    return text;
}

static enum mail_action action_of(struct slice reply)
{
    return reply.len && reply.ptr[0] == '4' ? MAIL_ACTION_DEFER : MAIL_ACTION_REJECT;
}

void mail_line_refusal(struct slice text, struct mail_line *out)
{
    struct slice word, stage, reply = text;
    if (!line_scan_until(&reply, SLICE(": "), &word) || !line_scan_until(&reply, SLICE(" from "), &stage) ||
        !take_client(&reply, out) || !line_scan_word(&reply, SLICE(": "))) {
        out->kind = MAIL_LINE_OTHER;
        return;
    }
    out->reply = take_reply(reply, out);
    out->action = action_of(out->reply);
    if (slice_equal(word, SLICE("reject")) || slice_equal(word, SLICE("milter-reject")))
        out->kind = MAIL_LINE_REJECT;
    else if (slice_equal(word, SLICE("hold")) || slice_equal(word, SLICE("milter-hold")))
        out->kind = MAIL_LINE_HELD;
    else // reject_warning, warn, info, filter, redirect, discard, bcc, …
        out->kind = MAIL_LINE_OTHER;
}

// "client=c[192.0.2.1], sasl_method=PLAIN, sasl_username=u@d, orig_client=…"
static void take_queue_file(struct slice rest, struct mail_line *out)
{
    struct slice field, value;
    out->kind = take_client(&rest, out) ? MAIL_LINE_CLIENT : MAIL_LINE_UNKNOWN;
    while (line_scan_word(&rest, SLICE(", ")) && line_scan_until(&rest, SLICE("="), &field)) {
        const char *end = rest.len ? memmem(rest.ptr, rest.len, ", ", 2) : NULL;
        value = slice_make(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = slice_skip(rest, value.len);
        // The first one: sasl_sender, which comes after it, is the client's own text.
        if (slice_equal(field, SLICE("sasl_username")) && out->login.len == 0)
            out->login = value;
    }
}

// "Anonymous TLS connection established from c[192.0.2.1]: TLSv1.3 with cipher …"
static bool take_tls(struct slice text, struct mail_line *out)
{
    struct slice trust;
    if (!line_scan_until(&text, SLICE(" TLS connection established from "), &trust) ||
        !take_client(&text, out) || !line_scan_word(&text, SLICE(": ")))
        return false;
    out->tls = text;
    out->kind = MAIL_LINE_TLS;
    return true;
}

void mail_line_smtpd(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (line_scan_word(&text, SLICE("connect from ")))
        out->kind = take_client(&text, out) ? MAIL_LINE_CONNECT : MAIL_LINE_UNKNOWN;
    else if (line_scan_word(&text, SLICE("disconnect from ")))
        out->kind = take_client(&text, out) ? MAIL_LINE_DISCONNECT : MAIL_LINE_UNKNOWN;
    else if (line_scan_word(&text, SLICE("NOQUEUE: ")))
        mail_line_refusal(text, out);
    else if (line_scan_queue_id(&text, &out->queue_id)) {
        if (line_scan_word(&text, SLICE("client=")))
            take_queue_file(text, out);
        else
            mail_line_refusal(text, out);
    } else
        (void)take_tls(text, out);
}
