// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/reply_text.h"

#include <inttypes.h>
#include <stdio.h>

#define DRAFT_MAX 1024

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_code(struct slice code)
{
    return code.len == 3 && (code.ptr[0] == '4' || code.ptr[0] == '5') && is_digit(code.ptr[1]) &&
           is_digit(code.ptr[2]);
}

// class "." subject "." detail, the latter two of one to three digits (RFC 3463 section 2).
static bool is_status(struct slice status, char class)
{
    struct slice head, subject, detail;
    unsigned long long number;
    slice_split(status, '.', &head, &subject);
    return head.len == 1 && head.ptr[0] == class && slice_split(subject, '.', &subject, &detail) &&
           subject.len <= 3 && slice_number(subject, 999, &number) && detail.len <= 3 &&
           slice_number(detail, 999, &number);
}

static void fill(struct slice code, struct slice status, struct slice text, struct reply_text *out)
{
    const struct slice dots = SLICE("...");
    const bool cut = text.len > REPLY_TEXT_SHOWN_MAX;
    size_t len = 0;
    slice_copy(code, out->code, sizeof out->code);
    slice_copy(status, out->status, sizeof out->status);
    if (cut)
        text.len = REPLY_TEXT_SHOWN_MAX - dots.len;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%')
            out->text[len++] = '%';
        out->text[len] = '?';
        if (text.ptr[i] >= ' ' && text.ptr[i] <= '~')
            out->text[len] = text.ptr[i];
        len++;
    }
    slice_copy(cut ? dots : SLICE(""), out->text + len, sizeof out->text - len);
}

bool reply_text_make(struct slice code, struct slice status, struct slice text, struct reply_text *out)
{
    if (!is_code(code) || !is_status(status, code.ptr[0]))
        return false;
    fill(code, status, text, out);
    return true;
}

static void make(const char *code, const char *status, const char *text, struct reply_text *out)
{
    fill(slice_from(code), slice_from(status), slice_from(text), out);
}

void reply_text_plain(enum reply_text_kind kind, struct reply_text *out)
{
    static const struct {
        const char *code, *status, *text;
    } replies[REPLY_TEXT_KINDS] = {
        [REPLY_TEXT_ANOTHER_LIMIT] = {"452", "4.5.3",
                                      "This recipient has a different size limit; send it a separate copy"},
        [REPLY_TEXT_MAILBOX_FULL] = {"452", "4.2.2", "Mailbox is full; try again later"},
        [REPLY_TEXT_MANY_FORGED] = {"550", "5.7.1",
                                    "Too many header fields that claim to come from this server"},
        [REPLY_TEXT_BOUNCE_RECIPIENTS] = {"550", "5.7.1", "Bounces must have a single recipient"},
        [REPLY_TEXT_BOUNCE_NEVER_SENT] = {"550", "5.7.1",
                                          "This address does not send mail and accepts no bounces"},
        [REPLY_TEXT_BOUNCE_UNTAGGED] = {"550", "5.7.1",
                                        "This bounce does not refer to mail sent from this address"},
        [REPLY_TEXT_BOUNCE_EXPIRED] = {"550", "5.7.1",
                                       "This bounce refers to mail that was sent too long ago"},
    };
    make(replies[kind].code, replies[kind].status, replies[kind].text, out);
}

void reply_text_too_big(enum reply_text_size kind, uint64_t limit, struct reply_text *out)
{
    static const char *const texts[] = {
        [REPLY_TEXT_SIZE_RECIPIENT] = "Message too big for this recipient; the limit is",
        [REPLY_TEXT_SIZE_SENDER] = "Message too big; your limit is",
        [REPLY_TEXT_SIZE_MESSAGE] = "Message too big for its sender or a recipient; the limit is",
    };
    char text[DRAFT_MAX];
    snprintf(text, sizeof text, "%s %" PRIu64 " bytes", texts[kind], limit);
    make("552", kind == REPLY_TEXT_SIZE_MESSAGE ? "5.3.4" : "5.2.3", text, out);
}

static const char *identity_name(enum spf_identity identity)
{
    return identity == SPF_HELO ? "HELO" : "MAIL FROM";
}

// The two arguments of "%.*s".
#define SHOWN(in) (int)(in).len, (in).len ? (in).ptr : ""

void reply_text_spf_fail(enum spf_identity identity, struct slice domain, struct slice explanation,
                         struct reply_text *out)
{
    char own[DRAFT_MAX], theirs[DRAFT_MAX] = "", text[2 * DRAFT_MAX];
    snprintf(own, sizeof own, "SPF check of %s failed: %.*s does not authorize this client",
             identity_name(identity), SHOWN(domain));
    if (explanation.len)
        snprintf(theirs, sizeof theirs, "; explanation by %.*s: %.*s", SHOWN(domain), SHOWN(explanation));
    snprintf(text, sizeof text, "%s%s", own, theirs);
    make("550", "5.7.23", text, out);
}

void reply_text_spf_error(enum spf_result result, enum spf_problem problem, enum spf_identity identity,
                          struct slice domain, struct reply_text *out)
{
    const bool temporary = result == SPF_TEMPERROR;
    const char *words = spf_problem_words(problem);
    char text[DRAFT_MAX];
    snprintf(text, sizeof text, "SPF check of %s could not be completed%s%.*s%s%s", identity_name(identity),
             domain.len ? " for " : "", SHOWN(domain), words[0] ? ": " : "", words);
    make(temporary ? "451" : "550", temporary ? "4.7.24" : "5.7.24", text, out);
}

void reply_text_spf_refused(enum spf_result result, enum spf_identity identity, struct slice domain,
                            struct reply_text *out)
{
    char text[DRAFT_MAX];
    snprintf(text, sizeof text, "SPF check of %s gave %s for %.*s, which this recipient does not accept",
             identity_name(identity), spf_result_word(result), SHOWN(domain));
    make("550", "5.7.23", text, out);
}
