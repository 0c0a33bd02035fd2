// SPDX-License-Identifier: BSD-2-Clause
// Marks in a file: lines that setup adds are between two of them, and a line that it replaces stays as a
// marked comment. So a file can be brought back by its text alone, also after later edits outside the marks.
//
//     # emailgency setup: begin
//     # emailgency setup: end HASH
//     # emailgency setup: was: LINE
//
// HASH is that of the lines between the marks; it shows whether they were edited.
#ifndef CTL_SETUP_SETUP_MARK_H
#define CTL_SETUP_SETUP_MARK_H

#include "base/problem.h"
#include "ctl/setup/setup_text.h"

// Adds a block of `content`, which ends in a line end. If the last line of `out` has no line end it gets one,
// and the mark says so: setup_mark_undo takes it away.
void setup_mark_block(struct setup_text *out, struct slice content);

// Adds a line of the operator as a comment.
void setup_mark_was(struct setup_text *out, struct slice line);

// Adds `in` to `out` without the blocks and with the replaced lines in force. `*edited` is the number of the
// line at which the first block begins whose content was edited; 0: none. Returns false, with the line in
// `problem`, if a mark has no partner.
bool setup_mark_undo(struct slice in, struct setup_text *out, size_t *edited, struct problem *problem)
    __attribute__((warn_unused_result));

// Returns whether a block of `in` has the line `# line`.
bool setup_mark_has(struct slice in, const char *line);

#endif
