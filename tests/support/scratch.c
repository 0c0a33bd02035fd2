// SPDX-License-Identifier: BSD-2-Clause
#include "scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[256];

const char *scratch_make(void)
{
    const char *above = getenv("TMPDIR");

    snprintf(path, sizeof(path), "%s/emg-directory-XXXXXX", above ? above : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
    return path;
}

void scratch_empty(void)
{
    struct dirent *entry;
    DIR *folder = opendir(path);

    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder)
        closedir(folder);
}

void scratch_remove(void)
{
    scratch_empty();
    rmdir(path);
}
