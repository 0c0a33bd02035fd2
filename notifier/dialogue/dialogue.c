// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/dialogue/dialogue.h"

#include <stdio.h>
#include <string.h>

struct stage_row {
    const char *name;
    unsigned seconds;
};

static const struct stage_row stages[] = {
    [DIALOGUE_CONNECT] = {"the connection", 10},
    [DIALOGUE_BANNER] = {"the banner", 30},
    [DIALOGUE_EHLO] = {"EHLO", 20},
    [DIALOGUE_HELO] = {"HELO", 20},
    [DIALOGUE_STARTTLS] = {"STARTTLS", 10},
    [DIALOGUE_TLS] = {"the TLS handshake", 10},
    [DIALOGUE_EHLO_TLS] = {"EHLO", 20},
    [DIALOGUE_MAIL] = {"MAIL", 20},
    [DIALOGUE_RCPT] = {"RCPT", 30},
    [DIALOGUE_QUIT] = {"QUIT", 2},
    [DIALOGUE_ENDED] = {"the end", 0},
};

static const char *const outcomes[] = {
    [DIALOGUE_UNDECIDED] = "undecided",
    [DIALOGUE_ACCEPTS] = "takes mail",
    [DIALOGUE_BUSY] = "busy",
    [DIALOGUE_REFUSES] = "refuses",
    [DIALOGUE_NO_SUCH] = "refuses the recipient",
    [DIALOGUE_UNREACHABLE] = "no connection",
    [DIALOGUE_SILENT] = "no reply",
    [DIALOGUE_CLOSED] = "closed the connection",
    [DIALOGUE_GARBLED] = "no SMTP reply",
};

void dialogue_init(struct dialogue *dialogue, const struct dialogue_spec *spec)
{
    *dialogue = (struct dialogue){.spec = spec};
}

unsigned dialogue_seconds(const struct dialogue *dialogue)
{
    return stages[dialogue->stage].seconds;
}

const char *dialogue_stage_name(enum dialogue_stage stage)
{
    return stages[stage].name;
}

const char *dialogue_outcome_name(enum dialogue_outcome outcome)
{
    return outcomes[outcome];
}

bool dialogue_is_up(enum dialogue_outcome outcome)
{
    return outcome == DIALOGUE_ACCEPTS || outcome == DIALOGUE_BUSY || outcome == DIALOGUE_NO_SUCH;
}

enum dialogue_step dialogue_connected(struct dialogue *dialogue)
{
    dialogue->stage = DIALOGUE_BANNER;
    return DIALOGUE_READ;
}

static enum dialogue_step send_command(struct dialogue *dialogue, enum dialogue_stage stage, const char *verb,
                                       const char *text)
{
    dialogue->stage = stage;
    snprintf(dialogue->command, sizeof dialogue->command, "%s%s\r\n", verb, text);
    return DIALOGUE_SEND;
}

// QUIT is a courtesy: the outcome stands before it.
static enum dialogue_step decide_and_quit(struct dialogue *dialogue, enum dialogue_outcome outcome)
{
    dialogue->outcome = outcome;
    dialogue->decided_at = dialogue->stage;
    return send_command(dialogue, DIALOGUE_QUIT, "QUIT", "");
}

enum dialogue_step dialogue_fail(struct dialogue *dialogue, enum dialogue_outcome outcome, const char *why)
{
    if (dialogue->outcome == DIALOGUE_UNDECIDED) {
        dialogue->outcome = outcome;
        dialogue->decided_at = dialogue->stage;
        snprintf(dialogue->reply, sizeof dialogue->reply, "%s", why);
    }
    dialogue->stage = DIALOGUE_ENDED;
    return DIALOGUE_CLOSE;
}

static enum dialogue_step after_ehlo(struct dialogue *dialogue)
{
    if (dialogue->stage == DIALOGUE_EHLO && dialogue->offers_tls && !dialogue->tls_failed)
        return send_command(dialogue, DIALOGUE_STARTTLS, "STARTTLS", "");
    return send_command(dialogue, DIALOGUE_MAIL, "MAIL FROM:<>", "");
}

static enum dialogue_step ask_recipient(struct dialogue *dialogue)
{
    if (!*dialogue->spec->recipient)
        return decide_and_quit(dialogue, DIALOGUE_ACCEPTS);
    char path[DIALOGUE_COMMAND_MAX - 16];
    snprintf(path, sizeof path, "%s>", dialogue->spec->recipient);
    return send_command(dialogue, DIALOGUE_RCPT, "RCPT TO:<", path);
}

static enum dialogue_step take_success(struct dialogue *dialogue)
{
    switch (dialogue->stage) {
    case DIALOGUE_BANNER:
        return send_command(dialogue, DIALOGUE_EHLO, "EHLO ", dialogue->spec->helo);
    case DIALOGUE_EHLO:
    case DIALOGUE_HELO:
    case DIALOGUE_EHLO_TLS:
        return after_ehlo(dialogue);
    case DIALOGUE_STARTTLS:
        dialogue->stage = DIALOGUE_TLS;
        return DIALOGUE_HANDSHAKE;
    case DIALOGUE_MAIL:
        return ask_recipient(dialogue);
    case DIALOGUE_RCPT:
        return decide_and_quit(dialogue, DIALOGUE_ACCEPTS);
    default:
        dialogue->stage = DIALOGUE_ENDED;
        return DIALOGUE_CLOSE;
    }
}

static enum dialogue_step take_refusal(struct dialogue *dialogue, bool lasting)
{
    switch (dialogue->stage) {
    case DIALOGUE_EHLO:
        if (lasting)
            return send_command(dialogue, DIALOGUE_HELO, "HELO ", dialogue->spec->helo);
        break;
    case DIALOGUE_STARTTLS:
        dialogue->tls_failed = true;
        return send_command(dialogue, DIALOGUE_MAIL, "MAIL FROM:<>", "");
    case DIALOGUE_RCPT:
        return decide_and_quit(dialogue, lasting ? DIALOGUE_NO_SUCH : DIALOGUE_BUSY);
    case DIALOGUE_QUIT:
        dialogue->stage = DIALOGUE_ENDED;
        return DIALOGUE_CLOSE;
    default:
        break;
    }
    return decide_and_quit(dialogue, lasting ? DIALOGUE_REFUSES : DIALOGUE_BUSY);
}

enum dialogue_step dialogue_handshake(struct dialogue *dialogue, bool succeeded)
{
    dialogue->uses_tls = succeeded;
    dialogue->tls_failed = !succeeded;
    if (!succeeded) {
        dialogue->stage = DIALOGUE_ENDED;
        return DIALOGUE_CLOSE;
    }
    return send_command(dialogue, DIALOGUE_EHLO_TLS, "EHLO ", dialogue->spec->helo);
}

// Printable characters of a line, appended to the reply.
static void keep_text(struct dialogue *dialogue, struct slice line)
{
    size_t used = dialogue->reply_size ? strlen(dialogue->reply) : 0;
    if (!dialogue->reply_size)
        dialogue->reply[0] = '\0';
    else if (used + 4 < sizeof dialogue->reply)
        used += (size_t)snprintf(dialogue->reply + used, sizeof dialogue->reply - used, " / ");
    for (size_t i = 0; i < line.len && used + 1 < sizeof dialogue->reply; i++)
        dialogue->reply[used++] = (char)(line.ptr[i] >= ' ' && line.ptr[i] < 127 ? line.ptr[i] : '?');
    dialogue->reply[used] = '\0';
}

// A line is three digits, then "-" where another line follows, else a blank or nothing (RFC 5321
// section 4.2).
static bool is_reply(struct slice line)
{
    return line.len >= 3 && line.ptr[0] >= '2' && line.ptr[0] <= '5' && line.ptr[1] >= '0' &&
           line.ptr[1] <= '9' && line.ptr[2] >= '0' && line.ptr[2] <= '9' &&
           (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '-');
}

static bool names_starttls(struct slice line)
{
    return line.len >= 4 && slice_equal_nocase(slice_trim(slice_skip(line, 4)), slice_from("STARTTLS"));
}

static enum dialogue_step take_line(struct dialogue *dialogue, struct slice line)
{
    if (!is_reply(line)) {
        if (dialogue->outcome == DIALOGUE_UNDECIDED)
            keep_text(dialogue, line);
        char text[DIALOGUE_TEXT_MAX];
        snprintf(text, sizeof text, "%s", dialogue->reply);
        return dialogue_fail(dialogue, DIALOGUE_GARBLED, text);
    }
    if (dialogue->stage != DIALOGUE_QUIT)
        keep_text(dialogue, line);
    dialogue->reply_size += line.len + 2;
    if (dialogue->stage == DIALOGUE_EHLO && names_starttls(line))
        dialogue->offers_tls = true;
    if (line.len > 3 && line.ptr[3] == '-')
        return dialogue->reply_size > DIALOGUE_REPLY_MAX
                   ? dialogue_fail(dialogue, DIALOGUE_GARBLED, "the reply does not end")
                   : DIALOGUE_READ;
    dialogue->reply_size = 0;
    return line.ptr[0] == '2' || line.ptr[0] == '3' ? take_success(dialogue)
                                                    : take_refusal(dialogue, line.ptr[0] == '5');
}

enum dialogue_step dialogue_read(struct dialogue *dialogue, struct slice in, size_t *taken)
{
    enum dialogue_step step = DIALOGUE_READ;
    *taken = 0;
    while (step == DIALOGUE_READ) {
        const struct slice rest = slice_skip(in, *taken);
        const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        if (len >= DIALOGUE_LINE_MAX)
            return dialogue_fail(dialogue, DIALOGUE_GARBLED, "a line does not end");
        if (!end)
            break;
        *taken += len + 1;
        if (len && rest.ptr[len - 1] == '\r')
            len--;
        step = take_line(dialogue, slice_make(rest.ptr, len));
    }
    return step;
}
