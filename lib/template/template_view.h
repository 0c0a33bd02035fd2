// SPDX-License-Identifier: BSD-2-Clause
// The view that a template is rendered with: look-ups of names through the sections that are open. Pure.
#ifndef TEMPLATE_TEMPLATE_VIEW_H
#define TEMPLATE_TEMPLATE_VIEW_H

#include "base/slice.h"

#include <jansson.h>

enum { TEMPLATE_NUMBER_MAX = 32 };

// The value of a section, and the sections around it; the outermost is the root of the view.
struct template_view {
    const json_t *value;
    const struct template_view *outer;
};

// The value of a name: "." is the innermost section's value; of a dotted name the first part is looked up
// from the innermost section outwards, and the others below it. NULL: there is none.
const json_t *template_view_find(const struct template_view *view, struct slice name);

// Returns whether a section of the value is rendered: not of a missing value, null, false, 0, "", [] and {}.
bool template_view_is_true(const json_t *value);

// The text of a value: strings as they are, numbers in decimal, "true", "false"; "" for everything else. The
// text is the value's own, or in `number`.
struct slice template_view_text(const json_t *value, char number[TEMPLATE_NUMBER_MAX]);

// The number that chooses a plural form; 0 for what is not a number, or below 0.
unsigned long template_view_count(const json_t *value);

#endif
