// SPDX-License-Identifier: BSD-2-Clause
#include "pg/array_literal.h"

#include <stdlib.h>

static void append(struct array_literal *array, const char *bytes, size_t count)
{
    if (array->len + count + 1 > array->size) {
        const size_t size = (array->len + count + 1) * 2;
        char *text = realloc(array->text, size);
        if (!text) {
            array->failed = true;
            return;
        }
        array->text = text;
        array->size = size;
    }
    memcpy(array->text + array->len, bytes, count);
    array->len += count;
}

void array_literal_begin(struct array_literal *array)
{
    array->len = 0;
    array->failed = false;
    append(array, "{", 1);
}

void array_literal_add(struct array_literal *array, struct slice value)
{
    append(array, array->len > 1 ? ",\"" : "\"", array->len > 1 ? 2 : 1);
    for (struct slice rest = value; rest.len > 0;) {
        size_t plain = 0;
        while (plain < rest.len && rest.ptr[plain] != '"' && rest.ptr[plain] != '\\')
            plain++;
        append(array, rest.ptr, plain);
        if (plain < rest.len) {
            append(array, "\\", 1);
            append(array, rest.ptr + plain, 1);
            plain++;
        }
        rest = slice_skip(rest, plain);
    }
    append(array, "\"", 1);
}

const char *array_literal_end(struct array_literal *array)
{
    append(array, "}", 2); // its NUL too
    return array->failed ? NULL : array->text;
}

void array_literal_finish(struct array_literal *array)
{
    free(array->text);
    *array = (struct array_literal){.text = NULL};
}
