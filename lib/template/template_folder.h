// SPDX-License-Identifier: BSD-2-Clause
// A folder of templates, read into memory.
#ifndef TEMPLATE_TEMPLATE_FOLDER_H
#define TEMPLATE_TEMPLATE_FOLDER_H

#include "base/problem.h"
#include "template/template_parse.h"

struct template_folder {
    struct template_source *sources; // texts and names on the heap
    size_t count;
};

// Reads the files NAME.mustache of the folder. It is to be finished, also if it fails.
bool template_folder_read(struct template_folder *files, const char *folder, struct problem *problem)
    __attribute__((warn_unused_result));

void template_folder_finish(struct template_folder *files);

#endif
