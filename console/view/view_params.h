// SPDX-License-Identifier: BSD-2-Clause
// The JSON object that a page or an action gets of a request; and a refused form, as it was filled
// in. Pure.
#ifndef CONSOLE_VIEW_VIEW_PARAMS_H
#define CONSOLE_VIEW_VIEW_PARAMS_H

#include "web/web_form.h"

#include <jansson.h>

// The parts of the path and the fields of a query or form, as strings; a field that was given several times
// is an array. A part wins over a field of its name. Left out are the fields that are the console's own. NULL
// if out of memory.
json_t *view_params(const struct web_form *parts, const struct web_form *fields);

// Lays the fields of a refused form over `form`, the values that the page's forms would have: a text as a
// string, a check box as a boolean, a choice as an object in which the chosen one is true. `is_whole`: the
// form has all of the page's fields, so a check box that is not there is unticked. Returns false if out of
// memory.
bool view_params_lay(json_t *form, const struct web_form *fields, bool is_whole)
    __attribute__((warn_unused_result));

#endif
