// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_mark.h"

#include "base/slice_hash.h"

#include <inttypes.h>
#include <stdio.h>

#define MARK "# emailgency setup: "
#define BEGIN MARK "begin"
#define NO_END BEGIN ", after a line without a line end"
#define END MARK "end"
#define WAS MARK "was: "

struct block {
    size_t line;   // of its begin; 0: not in a block
    size_t no_end; // the length of what comes before a line end that the block added; 0: it added none
    struct setup_text content;
};

static void print_hash(struct slice content, char out[17])
{
    snprintf(out, 17, "%016" PRIx64, slice_hash(content, 0));
}

void setup_mark_block(struct setup_text *out, struct slice content)
{
    char hash[17];
    const bool no_end = out->len && out->ptr[out->len - 1] != '\n';
    print_hash(content, hash);
    setup_text_print(out, "%s\n", no_end ? "\n" NO_END : BEGIN);
    setup_text_add(out, content);
    setup_text_print(out, END " %s\n", hash);
}

void setup_mark_was(struct setup_text *out, struct slice line)
{
    setup_text_add(out, SLICE(WAS));
    setup_text_add(out, line);
}

// Returns whether the block is as it was written.
static bool is_intact(const struct block *block, struct slice end)
{
    char hash[17];
    print_hash(setup_text_slice(&block->content), hash);
    return slice_equal(setup_line_trim(slice_skip(end, strlen(END))), slice_from(hash));
}

static bool begin_block(struct block *block, struct slice line, size_t number, size_t len,
                        struct problem *problem)
{
    if (block->line)
        return problem_set(problem,
                           "line %zu: \"" BEGIN "\" follows line %zu, and no \"" END "\" is between them",
                           number, block->line);
    block->line = number;
    if (slice_has_prefix(line, SLICE(NO_END)))
        block->no_end = len > 0 ? len - 1 : 0;
    return true;
}

static bool end_block(struct block *block, struct slice line, size_t number, size_t *edited,
                      struct problem *problem)
{
    if (!block->line)
        return problem_set(problem, "line %zu: \"" END "\" without a \"" BEGIN "\" before it", number);
    if (!is_intact(block, line) && !*edited)
        *edited = block->line;
    setup_text_finish(&block->content);
    block->line = 0;
    return true;
}

bool setup_mark_undo(struct slice in, struct setup_text *out, size_t *edited, struct problem *problem)
{
    struct block block = {.line = 0};
    const size_t start = out->len;
    bool done = true;
    *edited = 0;
    for (size_t number = 1; done && in.len; number++) {
        const struct slice line = setup_line_next(&in);
        if (slice_has_prefix(line, SLICE(BEGIN)))
            done = begin_block(&block, line, number, out->len - start, problem);
        else if (slice_has_prefix(line, SLICE(END)))
            done = end_block(&block, line, number, edited, problem);
        else if (block.line)
            setup_text_add(&block.content, line);
        else if (slice_has_prefix(line, SLICE(WAS)))
            setup_text_add(out, slice_skip(line, strlen(WAS)));
        else
            setup_text_add(out, line);
    }
    setup_text_finish(&block.content);
    // Nothing was added after the line that had no line end.
    if (block.no_end && out->len - start == block.no_end + 1)
        out->len--;
    if (done && block.line)
        return problem_set(problem, "line %zu: \"" BEGIN "\" without an \"" END "\" after it", block.line);
    return done;
}

bool setup_mark_has(struct slice in, const char *line)
{
    bool inside = false;
    while (in.len) {
        const struct slice next = setup_line_next(&in);
        if (slice_has_prefix(next, SLICE(BEGIN)) || slice_has_prefix(next, SLICE(END)))
            inside = slice_has_prefix(next, SLICE(BEGIN));
        else if (inside && next.len > 2 &&
                 slice_equal(setup_line_trim(slice_skip(next, 2)), slice_from(line)))
            return true;
    }
    return false;
}
