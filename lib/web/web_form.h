// SPDX-License-Identifier: BSD-2-Clause
// The fields of a query or a form (application/x-www-form-urlencoded). Pure.
#ifndef WEB_WEB_FORM_H
#define WEB_WEB_FORM_H

#include "base/slice.h"

enum { WEB_FIELDS_MAX = 64, WEB_FIELD_NAME_MAX = 64 };

struct web_field {
    struct slice name, value; // decoded
};

struct web_form {
    unsigned count;
    struct web_field fields[WEB_FIELDS_MAX];
};

// Appends the fields of `in` to `form`, in their order; empty ones, as between "&&", are left out. `room` has
// room for in.len bytes, may be the memory of `in`, and must outlive the form. Returns false for malformed
// encoding, an empty or long name, and more than WEB_FIELDS_MAX fields.
bool web_form_parse(struct slice in, char *room, struct web_form *form) __attribute__((warn_unused_result));

// Appends a field. Returns false if there are too many.
bool web_form_add(struct web_form *form, struct slice name, struct slice value)
    __attribute__((warn_unused_result));

// The value of the first field of that name; NULL in `ptr` if there is none.
struct slice web_form_get(const struct web_form *form, const char *name);

#endif
