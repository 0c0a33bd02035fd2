// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_folder.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char suffix[] = ".mustache";

static int is_template(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name), end = sizeof suffix - 1;
    return *entry->d_name != '.' && len > end && strcmp(entry->d_name + len - end, suffix) == 0;
}

// Reads a byte more than a template may have, which the parser refuses.
static bool read_file(const char *folder, const char *file, struct slice *text, struct problem *problem)
{
    char path[PATH_MAX], *bytes = memory_or_exit(malloc(TEMPLATE_SOURCE_MAX + 1));
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *in = fopen(path, "re");
    *text = slice_make(bytes, in ? fread(bytes, 1, TEMPLATE_SOURCE_MAX + 1, in) : 0);
    const bool right = in && !ferror(in);
    if (!right)
        problem_set(problem, "%s: %s", path, strerror(errno));
    if (in)
        fclose(in);
    return right;
}

static bool read_files(struct template_folder *files, const char *folder, struct dirent **entries,
                       size_t count, struct problem *problem)
{
    files->sources = memory_or_exit(calloc(count + 1, sizeof *files->sources));
    for (; files->count < count; files->count++) {
        const char *file = entries[files->count]->d_name;
        struct template_source *source = &files->sources[files->count];
        source->name = memory_or_exit(strndup(file, strlen(file) - (sizeof suffix - 1)));
        if (!read_file(folder, file, &source->text, problem)) {
            files->count++;
            return false;
        }
    }
    return true;
}

bool template_folder_read(struct template_folder *files, const char *folder, struct problem *problem)
{
    struct dirent **entries;
    *files = (struct template_folder){0};
    const int count = scandir(folder, &entries, is_template, alphasort);
    if (count < 0)
        return problem_set(problem, "%s: %s", folder, strerror(errno));
    if (count == 0)
        problem_set(problem, "%s: there is no NAME.mustache in it", folder);
    const bool right = count > 0 && read_files(files, folder, entries, (size_t)count, problem);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return right;
}

void template_folder_finish(struct template_folder *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((char *)files->sources[i].name);
        free((char *)files->sources[i].text.ptr);
    }
    free(files->sources);
    *files = (struct template_folder){0};
}
