// SPDX-License-Identifier: BSD-2-Clause
// Templates and a view to text. Pure.
#ifndef TEMPLATE_TEMPLATE_RENDER_H
#define TEMPLATE_TEMPLATE_RENDER_H

#include "template/template_output.h"
#include "template/template_parse.h"

#include <jansson.h>

// Translates the English texts of templates, as gettext(3) and ngettext(3) do.
struct template_translator {
    const char *(*text)(void *context, const char *english);
    const char *(*plural)(void *context, const char *one, const char *many, unsigned long count);
    void *context;
};

// Appends to `output`. The partials of the template are linked. Values that are missing are empty. After a
// failure what is in the output is the part that was rendered before it.
enum template_rc template_render(const struct template_tree *tree, const json_t *view,
                                 const struct template_translator *translator, struct template_output *output)
    __attribute__((warn_unused_result));

#endif
