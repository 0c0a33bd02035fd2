// SPDX-License-Identifier: BSD-2-Clause
#include "installation/common_passwords.h"

#include "installation/installation.h"

#include <stdio.h>
#include <stdlib.h>

#define COMMON_PASSWORDS "emailgency/sql/data/common_passwords.list"

enum { COMMON_MAX = 1 << 20 };

char *common_passwords_read(struct problem *problem)
{
    char path[INSTALLATION_PATH_MAX];
    char *text = NULL;
    FILE *file =
        installation_find(INSTALLATION_DATA, COMMON_PASSWORDS, path, problem) ? fopen(path, "re") : NULL;
    if (file && (text = malloc(COMMON_MAX)) != NULL)
        text[fread(text, 1, COMMON_MAX - 1, file)] = '\0';
    if (file)
        fclose(file);
    if (text && *text)
        return text;
    (void)problem_set(problem, "cannot read the list of common passwords, %s: install emailgency-sql",
                      COMMON_PASSWORDS);
    free(text);
    return NULL;
}
