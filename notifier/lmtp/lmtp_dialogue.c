// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/lmtp/lmtp_dialogue.h"

#include <stdio.h>

enum { PIECE_MAX = 1024 }; // of a message's line, which may be of any length

static void end_transaction(struct lmtp_dialogue *dialogue)
{
    dialogue->has_sender = dialogue->in_data = dialogue->in_line = false;
    dialogue->sender[0] = '\0';
    dialogue->recipients = 0;
    dialogue->message = (struct lmtp_message){.in_body = false};
}

static enum lmtp_dialogue_step say(struct lmtp_dialogue *dialogue, const char *text)
{
    dialogue->reply_len = (size_t)snprintf(dialogue->reply, sizeof dialogue->reply, "%s\r\n", text);
    return LMTP_DIALOGUE_REPLY;
}

static enum lmtp_dialogue_step say_last(struct lmtp_dialogue *dialogue, const char *text)
{
    (void)say(dialogue, text);
    dialogue->ended = true;
    return LMTP_DIALOGUE_CLOSE;
}

void lmtp_dialogue_init(struct lmtp_dialogue *dialogue, const char *host,
                        bool (*takes)(struct slice local, struct slice domain, void *arg), void *arg)
{
    dialogue->takes = takes;
    dialogue->arg = arg;
    dialogue->host = host;
    dialogue->greeted = dialogue->ended = false;
    dialogue->commands = 0;
    end_transaction(dialogue);
    dialogue->reply_len =
        (size_t)snprintf(dialogue->reply, sizeof dialogue->reply, "220 %.255s LMTP\r\n", host);
}

// ---- commands

// DSN is offered so that Postfix leaves reports of success to this side, which sends none
// (src/smtp/smtp_rcpt.c). SIZE is not: Postfix would bounce what is larger.
static enum lmtp_dialogue_step on_lhlo(struct lmtp_dialogue *dialogue, struct slice rest)
{
    if (slice_trim(rest).len == 0)
        return say(dialogue, "501 5.5.4 say LHLO and a name");
    end_transaction(dialogue);
    dialogue->greeted = true;
    dialogue->reply_len = (size_t)snprintf(dialogue->reply, sizeof dialogue->reply,
                                           "250-%.255s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"
                                           "250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
                                           dialogue->host);
    return LMTP_DIALOGUE_REPLY;
}

// "FROM:<path> parameters": a quoted local part may have any byte, so the path ends at the last ">" before
// one. Parameters are ignored.
static bool read_path(struct slice in, struct slice word, struct slice *path)
{
    bool quoted = false;
    if (!slice_has_prefix_nocase(in, word))
        return false;
    in = slice_trim(slice_skip(in, word.len));
    if (in.len < 2 || in.ptr[0] != '<')
        return false;
    for (size_t i = 1; i < in.len; i++) {
        if (quoted && in.ptr[i] == '\\')
            i++;
        else if (in.ptr[i] == '"')
            quoted = !quoted;
        else if (in.ptr[i] == '>' && !quoted) {
            *path = slice_make(in.ptr + 1, i - 1);
            return true;
        }
    }
    return false;
}

static enum lmtp_dialogue_step on_mail(struct lmtp_dialogue *dialogue, struct slice rest)
{
    struct slice path;
    if (!dialogue->greeted || dialogue->has_sender)
        return say(dialogue, "503 5.5.1 not now");
    if (!read_path(rest, SLICE("FROM:"), &path) ||
        !slice_copy(path, dialogue->sender, sizeof dialogue->sender))
        return say(dialogue, "501 5.1.7 say MAIL FROM:<address>");
    dialogue->has_sender = true;
    return say(dialogue, "250 2.1.0 ok");
}

// Another address is here by a mistake in the routes: such mail must wait, neither bounce nor be lost.
static enum lmtp_dialogue_step on_rcpt(struct lmtp_dialogue *dialogue, struct slice rest)
{
    struct slice path;
    struct mail_address address;
    if (!dialogue->has_sender)
        return say(dialogue, "503 5.5.1 MAIL first");
    if (!read_path(rest, SLICE("TO:"), &path) || address_read(path, &address) != ADDRESS_OK)
        return say(dialogue, "501 5.1.3 say RCPT TO:<address>");
    if (!dialogue->takes(address_local(&address), address_domain(&address), dialogue->arg))
        return say(dialogue, "450 4.1.1 not the round-trip address; see the route that led here");
    if (dialogue->recipients == LMTP_DIALOGUE_RECIPIENTS_MAX)
        return say(dialogue, "452 4.5.3 too many recipients");
    (void)slice_copy(address_local(&address), dialogue->recipient[dialogue->recipients].local,
                     sizeof dialogue->recipient[0].local);
    dialogue->recipients++;
    return say(dialogue, "250 2.1.5 ok");
}

static enum lmtp_dialogue_step on_data(struct lmtp_dialogue *dialogue, struct slice rest)
{
    (void)rest;
    if (dialogue->recipients == 0)
        return say(dialogue, "503 5.5.1 no valid recipients");
    dialogue->in_data = true;
    dialogue->in_line = false;
    return say(dialogue, "354 go ahead");
}

static enum lmtp_dialogue_step on_rset(struct lmtp_dialogue *dialogue, struct slice rest)
{
    (void)rest;
    end_transaction(dialogue);
    return say(dialogue, "250 2.0.0 ok");
}

static enum lmtp_dialogue_step on_noop(struct lmtp_dialogue *dialogue, struct slice rest)
{
    (void)rest;
    return say(dialogue, "250 2.0.0 ok");
}

static enum lmtp_dialogue_step on_vrfy(struct lmtp_dialogue *dialogue, struct slice rest)
{
    (void)rest;
    return say(dialogue, "252 2.5.2 send it and see");
}

static enum lmtp_dialogue_step on_quit(struct lmtp_dialogue *dialogue, struct slice rest)
{
    (void)rest;
    return say_last(dialogue, "221 2.0.0 bye");
}

// HELO and EHLO are not among them (RFC 2033 section 4.1).
static const struct {
    const char *verb;
    enum lmtp_dialogue_step (*run)(struct lmtp_dialogue *dialogue, struct slice rest);
} commands[] = {
    {"LHLO", on_lhlo}, {"MAIL", on_mail}, {"RCPT", on_rcpt}, {"DATA", on_data},
    {"RSET", on_rset}, {"NOOP", on_noop}, {"VRFY", on_vrfy}, {"QUIT", on_quit},
};

static enum lmtp_dialogue_step run_command(struct lmtp_dialogue *dialogue, struct slice line)
{
    struct slice verb, rest;
    (void)slice_split(line, ' ', &verb, &rest);
    if (++dialogue->commands > LMTP_DIALOGUE_COMMANDS_MAX)
        return say_last(dialogue, "421 4.7.0 too many commands");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (slice_equal_nocase(verb, slice_from(commands[i].verb)))
            return commands[i].run(dialogue, rest);
    return say(dialogue, "500 5.5.1 unknown command");
}

static enum lmtp_dialogue_step read_command(struct lmtp_dialogue *dialogue, struct slice in, size_t *taken)
{
    const char *end = memchr(in.ptr, '\n', in.len);
    size_t len = end ? (size_t)(end - in.ptr) : in.len;
    if ((!end && in.len >= LMTP_DIALOGUE_LINE_MAX) || len >= LMTP_DIALOGUE_LINE_MAX) {
        *taken = in.len;
        return say_last(dialogue, "500 5.5.2 line too long");
    }
    if (!end)
        return LMTP_DIALOGUE_MORE;
    *taken = len + 1;
    if (len > 0 && in.ptr[len - 1] == '\r')
        len--;
    return run_command(dialogue, slice_make(in.ptr, len));
}

// ---- the message

// Bytes of the next piece of a line, and whether it ends the line. A CR at the end of the bytes may be the
// first half of an end.
static size_t piece_size(struct slice in, bool *ends)
{
    const size_t limit = in.len < PIECE_MAX ? in.len : PIECE_MAX;
    const char *end = memchr(in.ptr, '\n', limit);
    *ends = end != NULL;
    if (end)
        return (size_t)(end - in.ptr) + 1;
    if (in.len < PIECE_MAX)
        return 0;
    return in.ptr[PIECE_MAX - 1] == '\r' ? PIECE_MAX - 1 : PIECE_MAX;
}

// Only CR LF . CR LF ends a message (RFC 5321 section 4.1.1.4).
static enum lmtp_dialogue_step read_data(struct lmtp_dialogue *dialogue, struct slice in, size_t *taken)
{
    bool ends;
    const bool starts = !dialogue->in_line;
    const size_t size = *taken = piece_size(in, &ends);
    struct slice line = slice_make(in.ptr, size);
    if (size == 0)
        return LMTP_DIALOGUE_MORE;
    if (starts && slice_equal(line, SLICE(".\r\n"))) {
        dialogue->in_data = false;
        return LMTP_DIALOGUE_MESSAGE;
    }
    if (ends)
        line.len -= line.len > 1 && line.ptr[line.len - 2] == '\r' ? 2 : 1;
    if (starts && line.len > 0 && line.ptr[0] == '.')
        line = slice_skip(line, 1);
    lmtp_message_line(&dialogue->message, line, starts);
    dialogue->in_line = !ends;
    return LMTP_DIALOGUE_MORE;
}

enum lmtp_dialogue_step lmtp_dialogue_read(struct lmtp_dialogue *dialogue, struct slice in, size_t *taken)
{
    *taken = 0;
    if (dialogue->ended) {
        *taken = in.len;
        return LMTP_DIALOGUE_CLOSE;
    }
    if (in.len == 0)
        return LMTP_DIALOGUE_MORE;
    return dialogue->in_data ? read_data(dialogue, in, taken) : read_command(dialogue, in, taken);
}

void lmtp_dialogue_answer(struct lmtp_dialogue *dialogue, bool taken)
{
    size_t used = 0;
    const unsigned count = dialogue->recipients;
    for (unsigned i = 0; i < count; i++)
        used += (size_t)snprintf(dialogue->reply + used, sizeof dialogue->reply - used, "%s\r\n",
                                 taken ? "250 2.0.0 taken" : "451 4.3.0 not now");
    dialogue->reply_len = used;
    dialogue->commands = 0;
    end_transaction(dialogue);
}
