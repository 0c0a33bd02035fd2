// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "tracker/join/join.h"

// Lines of a log, one per line of the input, each in memory of its own size. Whatever they say, memory is
// bounded, texts are safe, and every array has an element per row.
static void check_literal(const char *literal, size_t rows)
{
    size_t count = literal[1] != '}';
    bool quoted = false;
    FUZZ_CHECK(literal[0] == '{');
    for (const char *at = literal + 1; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        FUZZ_CHECK(c >= ' ' && c != 0x7f);
        if (quoted && *at == '\\')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (*at == ',' && !quoted)
            count++;
    }
    FUZZ_CHECK(!quoted && count == rows);
}

static void check_batch(struct trace_batch *batch)
{
    const char *literals[TRACE_COLUMNS];
    trace_batch_literals(batch, literals);
    for (unsigned i = 0; i < TRACE_COLUMNS; i++)
        check_literal(literals[i], i < TRACE_MESSAGE_COLUMNS                         ? batch->messages
                                   : i < TRACE_MESSAGE_COLUMNS + TRACE_EVENT_COLUMNS ? batch->events
                                                                                     : batch->sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size), text;
    struct join *join =
        join_create(&(struct join_spec){.messages_max = 8, .sessions_max = 4, .window = 2000});
    struct trace_batch batch = {.messages = 0};
    struct log_clock clock = {.now = 1796000000};
    for (int64_t position = 0; rest.len > 0; position += (int64_t)text.len + 1) {
        struct mail_line line;
        (void)slice_split(rest, '\n', &text, &rest);
        char *exact = malloc(text.len ? text.len : 1);
        FUZZ_CHECK(exact);
        memcpy(exact, text.ptr, text.len);
        mail_line_parse(&clock, slice_make(exact, text.len), &line);
        join_take(join, &line, position, &batch);
        free(exact);
        FUZZ_CHECK(join_messages(join) <= 9 && join_oldest(join, position) <= position);
        if (text.len % 7 == 0)
            join_seal(join, &batch);
    }
    join_seal(join, &batch);
    check_batch(&batch);
    trace_batch_finish(&batch);
    join_destroy(join);
    return 0;
}
