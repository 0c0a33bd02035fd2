// SPDX-License-Identifier: BSD-2-Clause
// The bytes that a mail server sends to a probe. The first one says whether the handshake succeeds.
#include "fuzz.h"
#include "notifier/dialogue/dialogue.h"

#include <string.h>

enum { STEPS_MAX = 64 };

static const struct dialogue_spec spec = {.helo = "probe.example", .recipient = "user@example.com"};

// One command, of those that send no mail.
static void check_command(const char *command)
{
    static const char *const verbs[] = {
        "EHLO probe.example\r\n", "HELO probe.example\r\n",         "STARTTLS\r\n",
        "MAIL FROM:<>\r\n",       "RCPT TO:<user@example.com>\r\n", "QUIT\r\n"};
    bool is_one = false;
    for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++)
        is_one = is_one || strcmp(command, verbs[i]) == 0;
    FUZZ_CHECK(is_one);
}

static void check_reply(const struct dialogue *dialogue)
{
    const size_t len = strnlen(dialogue->reply, sizeof dialogue->reply);
    FUZZ_CHECK(len < sizeof dialogue->reply);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(dialogue->reply[i] >= ' ' && dialogue->reply[i] < 127);
}

// Holds the session with the bytes in pieces of `piece`; when they have come to an end the server closes.
static void converse(struct dialogue *dialogue, struct slice bytes, size_t piece, bool tls)
{
    size_t from = 0, to = 0, taken = 0;
    unsigned steps = 0;
    dialogue_init(dialogue, &spec);
    enum dialogue_step step = dialogue_connected(dialogue);
    while (step != DIALOGUE_CLOSE) {
        FUZZ_CHECK(steps < STEPS_MAX && dialogue_seconds(dialogue) > 0);
        if (step == DIALOGUE_HANDSHAKE) {
            step = dialogue_handshake(dialogue, tls);
            continue;
        }
        if (step == DIALOGUE_SEND) {
            check_command(dialogue->command);
            steps++;
        } else if (to < bytes.len) {
            to = bytes.len - to < piece ? bytes.len : to + piece;
        } else {
            step = dialogue_fail(dialogue, DIALOGUE_CLOSED, "closed");
            continue;
        }
        step = dialogue_read(dialogue, slice_make(bytes.ptr + from, to - from), &taken);
        FUZZ_CHECK(taken <= to - from);
        from += taken;
    }
    FUZZ_CHECK(dialogue->outcome != DIALOGUE_UNDECIDED || dialogue->tls_failed);
    check_reply(dialogue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dialogue whole, pieces;
    if (size == 0)
        return 0;
    const struct slice bytes = slice_make((const char *)data + 1, size - 1);
    converse(&whole, bytes, size, data[0] & 1);
    converse(&pieces, bytes, 1, data[0] & 1);
    // Packets make no difference.
    FUZZ_CHECK(whole.outcome == pieces.outcome && whole.decided_at == pieces.decided_at &&
               strcmp(whole.reply, pieces.reply) == 0);
    return 0;
}
