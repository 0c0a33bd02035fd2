// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_output.h"

#include <stdlib.h>

enum { FIRST_SIZE = 8192 };

void template_output_finish(struct template_output *output)
{
    free(output->text);
    *output = (struct template_output){0};
}

static enum template_rc reserve(struct template_output *output, size_t more)
{
    size_t size = output->size ? output->size : FIRST_SIZE;
    if (more > TEMPLATE_OUTPUT_MAX - output->len)
        return TEMPLATE_TOO_LARGE;
    while (size < output->len + more)
        size *= 2;
    if (size == output->size)
        return TEMPLATE_DONE;
    char *grown = realloc(output->text, size);
    if (!grown)
        return TEMPLATE_NO_MEMORY;
    output->text = grown;
    output->size = size;
    return TEMPLATE_DONE;
}

enum template_rc template_output_add(struct template_output *output, struct slice text)
{
    if (text.len == 0)
        return TEMPLATE_DONE;
    const enum template_rc rc = reserve(output, text.len);
    if (rc == TEMPLATE_DONE) {
        memcpy(output->text + output->len, text.ptr, text.len);
        output->len += text.len;
    }
    return rc;
}

static struct slice reference_of(char byte)
{
    switch (byte) {
    case '&':
        return SLICE("&amp;");
    case '<':
        return SLICE("&lt;");
    case '>':
        return SLICE("&gt;");
    case '"':
        return SLICE("&quot;");
    case '\'':
        return SLICE("&#x27;");
    default:
        return slice_make(NULL, 0);
    }
}

enum template_rc template_output_escape(struct template_output *output, struct slice text)
{
    enum template_rc rc = TEMPLATE_DONE;
    size_t plain = 0; // where the bytes begin that are not yet appended
    for (size_t i = 0; i < text.len && rc == TEMPLATE_DONE; i++) {
        const struct slice reference = reference_of(text.ptr[i]);
        if (reference.len == 0)
            continue;
        rc = template_output_add(output, slice_make(text.ptr + plain, i - plain));
        if (rc == TEMPLATE_DONE)
            rc = template_output_add(output, reference);
        plain = i + 1;
    }
    return rc == TEMPLATE_DONE ? template_output_add(output, slice_skip(text, plain)) : rc;
}
