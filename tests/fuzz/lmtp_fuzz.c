// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as an LMTP client: replies are whole lines within their bounds, and come out the same however the
// bytes are cut.
#include "notifier/lmtp/lmtp_dialogue.h"

#include "fuzz.h"

struct session {
    struct lmtp_dialogue dialogue;
    uint64_t hash; // of all replies and messages
    bool closed;
};

static bool takes(struct slice local, struct slice domain, void *arg)
{
    (void)arg;
    return slice_has_prefix(local, SLICE("rt")) && domain.len > 0;
}

static void note(struct session *session, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        session->hash = (session->hash ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
}

static void note_reply(struct session *session)
{
    const struct slice reply = slice_make(session->dialogue.reply, session->dialogue.reply_len);
    FUZZ_CHECK(reply.len >= 5 && reply.len < LMTP_DIALOGUE_REPLY_MAX);
    FUZZ_CHECK(reply.ptr[reply.len - 2] == '\r' && reply.ptr[reply.len - 1] == '\n');
    note(session, reply);
}

static void note_message(struct session *session)
{
    const struct lmtp_dialogue *dialogue = &session->dialogue;
    FUZZ_CHECK(dialogue->recipients > 0 && dialogue->recipients <= LMTP_DIALOGUE_RECIPIENTS_MAX);
    FUZZ_CHECK(strlen(dialogue->message.message_id) < LMTP_MESSAGE_FIELD_MAX);
    FUZZ_CHECK(strlen(dialogue->message.probe_field) < LMTP_MESSAGE_FIELD_MAX);
    note(session, slice_from(dialogue->sender));
    note(session, slice_from(dialogue->message.message_id));
    note(session, slice_from(dialogue->message.probe_field));
    session->hash += dialogue->message.received;
    lmtp_dialogue_answer(&session->dialogue, true);
    note_reply(session);
}

// Returns how much was taken; 0: more is needed.
static size_t step(struct session *session, struct slice in)
{
    size_t taken;
    switch (lmtp_dialogue_read(&session->dialogue, in, &taken)) {
    case LMTP_DIALOGUE_MORE:
        break;
    case LMTP_DIALOGUE_REPLY:
        note_reply(session);
        break;
    case LMTP_DIALOGUE_MESSAGE:
        note_message(session);
        break;
    case LMTP_DIALOGUE_CLOSE:
        note_reply(session);
        session->closed = true;
        break;
    }
    FUZZ_CHECK(taken <= in.len);
    FUZZ_CHECK(taken > 0 || in.len < LMTP_DIALOGUE_LINE_MAX);
    return taken;
}

static void run(struct session *session, struct slice in, size_t piece)
{
    size_t from = 0;
    *session = (struct session){.closed = false};
    lmtp_dialogue_init(&session->dialogue, "mx.example", takes, NULL);
    for (size_t end = piece < in.len ? piece : in.len; end > 0 && !session->closed;) {
        const size_t taken = step(session, slice_make(in.ptr + from, end - from));
        from += taken;
        if (from == in.len || (taken == 0 && end == in.len))
            break;
        if (taken == 0 || from == end)
            end = end + piece < in.len ? end + piece : in.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session whole, pieces;
    const struct slice in = slice_make((const char *)data, size);
    run(&whole, in, in.len);
    run(&pieces, in, 1 + size % 7);
    FUZZ_CHECK(whole.hash == pieces.hash && whole.closed == pieces.closed);
    return 0;
}
