// SPDX-License-Identifier: BSD-2-Clause
#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

char *file_text_read(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "re");
    if (!in)
        fail_msg("no file %s", path);
    if (getdelim(&text, &size, '\0', in) <= 0) {
        free(text);
        text = strdup("");
    }
    assert_non_null(text);
    fclose(in);
    return text;
}
