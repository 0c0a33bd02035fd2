// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "wire/queue_codec.h"

static void check_request(struct slice in)
{
    struct queue_request request, back;
    char text[QUEUE_REQUEST_MAX];
    if (!queue_request_parse(in, &request))
        return;
    const size_t len = queue_request_format(&request, text);
    FUZZ_CHECK(len > 0 && queue_request_parse(slice_make(text, len), &back) && back.kind == request.kind);
}

// A line that was read can be written, unless an error's text is too long, and is read again.
static void check_line(const struct queue_line *line)
{
    struct queue_line back;
    char text[QUEUE_LINE_MAX];
    const size_t len = queue_line_format(line, text);
    struct slice rest = slice_make(text, len);
    if (line->kind == QUEUE_LINE_ERROR && len == 0)
        return;
    FUZZ_CHECK(len > 0 && queue_line_next(&rest, &back) == QUEUE_LINE_OK && back.kind == line->kind &&
               rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    struct slice rest = in;
    struct queue_line line;
    check_request(in);
    while (queue_line_next(&rest, &line) == QUEUE_LINE_OK) {
        FUZZ_CHECK(fuzz_within(rest, in));
        check_line(&line);
    }
    return 0;
}
