// SPDX-License-Identifier: BSD-2-Clause
// The templates of a program. They are read once, at its start.
#ifndef TEMPLATE_TEMPLATE_SET_H
#define TEMPLATE_TEMPLATE_SET_H

#include "base/problem.h"
#include "template/template_output.h"
#include "template/template_parse.h"
#include "template/template_render.h"

#include <jansson.h>

enum { TEMPLATE_SET_MAX = 500 }; // templates

struct template_set;

// Reads all files NAME.mustache of the folder. Returns NULL and sets the problem, which names file and line,
// if one cannot be read or parsed, or if a partial is missing.
struct template_set *template_set_create(const char *folder, struct problem *problem)
    __attribute__((warn_unused_result));

// The same of texts in memory, which are copied. Pure.
struct template_set *template_set_parse(const struct template_source *sources, size_t count,
                                        struct problem *problem) __attribute__((warn_unused_result));

void template_set_destroy(struct template_set *set);

bool template_set_has(const struct template_set *set, const char *name);

// Appends the template, rendered with `view`, to `output`, as template_render does.
enum template_rc template_set_render(const struct template_set *set, const char *name, const json_t *view,
                                     const struct template_translator *translator,
                                     struct template_output *output) __attribute__((warn_unused_result));

// A human-readable message on a result that is not TEMPLATE_DONE, for the log.
const char *template_set_fault(enum template_rc rc);

#endif
