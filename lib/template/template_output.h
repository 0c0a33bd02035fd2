// SPDX-License-Identifier: BSD-2-Clause
// A bounded text buffer, which pages are rendered into.
#ifndef TEMPLATE_TEMPLATE_OUTPUT_H
#define TEMPLATE_TEMPLATE_OUTPUT_H

#include "base/slice.h"

enum { TEMPLATE_OUTPUT_MAX = 256 * 1024 }; // bytes of a page

enum template_rc {
    TEMPLATE_DONE,
    TEMPLATE_UNKNOWN,   // the set has no template of that name
    TEMPLATE_TOO_LARGE, // the text exceeds TEMPLATE_OUTPUT_MAX, or too many steps were needed for it
    TEMPLATE_TOO_DEEP,  // sections and partials within one another
    TEMPLATE_NO_MEMORY,
};

// Initialized with {0}.
struct template_output {
    char *text; // on the heap, without a closing NUL; NULL while it is empty
    size_t len, size;
};

void template_output_finish(struct template_output *output);

// Appends `text` as it is.
enum template_rc template_output_add(struct template_output *output, struct slice text)
    __attribute__((warn_unused_result));

// Appends `text` for HTML text and quoted attributes: & < > " ' as character references.
enum template_rc template_output_escape(struct template_output *output, struct slice text)
    __attribute__((warn_unused_result));

#endif
