// SPDX-License-Identifier: BSD-2-Clause
// Helpers for the tests of header fields.
#ifndef UNIT_HEADER_LINES_H
#define UNIT_HEADER_LINES_H

#include "case_lines.h"
#include "wire/spf_codec.h"

// Shows a value for a case file: each fold as "\n ".
void header_lines_show(const char *value, char out[CASE_ANSWER_MAX]);

// Fails the test unless the value is printable ASCII, its folds are before a word and no line has more than
// 998 bytes.
void header_lines_check(const char *name, const char *value);

// Takes the text before the next "|" from `fields`, without blanks around it.
struct slice header_lines_field(struct slice *fields);

// The problem with that phrase, or none for no words; fails the test if there is none such.
enum spf_problem header_lines_problem(struct slice words);

// The result that `word` names; fails the test if there is none.
enum spf_result header_lines_result(struct slice word);

#endif
