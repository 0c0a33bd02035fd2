// SPDX-License-Identifier: BSD-2-Clause
// A text that grows, and the lines of a configuration file.
#ifndef CTL_SETUP_SETUP_TEXT_H
#define CTL_SETUP_SETUP_TEXT_H

#include "base/slice.h"

// All zero is an empty text.
struct setup_text {
    char *ptr;
    size_t len, size;
};

// End the process if out of memory. setup_text_add takes a slice of any text but `text` itself.
void setup_text_add(struct setup_text *text, struct slice more);
void setup_text_print(struct setup_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The text, valid until it changes. setup_text_string adds a closing NUL that `len` does not count.
struct slice setup_text_slice(const struct setup_text *text);
const char *setup_text_string(struct setup_text *text);

void setup_text_finish(struct setup_text *text);

// Returns whether `part` is somewhere in `text`.
bool setup_text_holds(struct slice text, const char *part);

// Takes the next line, with its line end, from `rest`; empty at the end.
struct slice setup_line_next(struct slice *rest);

// Without blanks, tabs, CR and LF at both ends.
struct slice setup_line_trim(struct slice line);

// A line as Postfix reads its files (src/util/readlline.c).
enum setup_line {
    SETUP_LINE_COMMENT, // or blank: within an entry, too, it does not end the entry
    SETUP_LINE_START,
    SETUP_LINE_MORE, // continues the entry
};
enum setup_line setup_line_kind(struct slice line);

// The next word: separated by blanks, commas and line ends, "{ … }" is one. Returns false at the end.
bool setup_word_next(struct slice *rest, struct slice *word);

#endif
