// SPDX-License-Identifier: BSD-2-Clause
// The grammar of macro strings and domain specs (RFC 7208 section 7.1).
#ifndef SPFRECORD_MACRO_H
#define SPFRECORD_MACRO_H

#include "base/slice.h"

struct macro_part {
    char letter;       // of %{…}, in lower case; 0: `text` is literal
    bool expands;      // it is a macro-expand: %{…}, %%, %_ or %-
    bool escapes;      // the letter was upper-case: the expansion is URL-escaped
    bool reverse;      // "r"
    unsigned keep;     // how many right-hand parts are kept; 0: all
    struct slice text; // literal text, or the delimiters; none: "."
};

enum macro_rc { MACRO_PART, MACRO_END, MACRO_BAD };

// Takes one part off the front of `*rest`.
enum macro_rc macro_next(struct slice *rest, struct macro_part *out) __attribute__((warn_unused_result));

// The place of a macro string decides which macros it may hold.
enum macro_place {
    MACRO_IN_RECORD,      // a domain-spec: no %{c}, %{r}, %{t}, no blank
    MACRO_IN_MODIFIER,    // the value of a modifier that SPF does not know: no blank
    MACRO_IN_EXPLANATION, // explain-string: anything
};

// Returns whether `in` is a macro-string (RFC 7208 section 7.1), of an explanation an explain-string
// (section 6.2).
bool macro_valid(struct slice in, enum macro_place place);

// Returns whether `in` is a domain-spec (RFC 7208 section 7.1): it ends in a macro or in "." and a top
// label.
bool macro_domain_valid(struct slice in);

// Returns whether a valid macro string has this macro, in lower or upper case. `letter` is in lower case.
bool macro_uses(struct slice in, char letter);

#endif
