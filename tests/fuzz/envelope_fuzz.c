// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "queuewatch/postfix/envelope_reader.h"

static void on_recipient(struct slice address, void *arg)
{
    const struct slice *window = arg;
    FUZZ_CHECK(fuzz_within(address, *window));
}

// Reads it as a file, with an end, however its pointers lead.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice window;
    struct envelope_reader reader = {.on_recipient = on_recipient, .arg = &window};
    enum envelope_rc rc = ENVELOPE_MORE;
    for (unsigned turns = 0; rc == ENVELOPE_MORE; turns++) {
        const size_t at = reader.offset < size ? (size_t)reader.offset : size;
        window = slice_make((const char *)data + at,
                            size - at < ENVELOPE_READER_WINDOW ? size - at : ENVELOPE_READER_WINDOW);
        rc = envelope_reader_take(&reader, window);
        FUZZ_CHECK(turns <= ENVELOPE_READER_STEPS);
    }
    FUZZ_CHECK(reader.arrival >= 0);
    return 0;
}
