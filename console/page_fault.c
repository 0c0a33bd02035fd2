// SPDX-License-Identifier: BSD-2-Clause
#include "console/page_fault.h"

#include "console/message/database_message.h"
#include "console/page_text.h"

#include <stdlib.h>
#include <string.h>

char *page_fault_text(const char *fault)
{
    return database_message_text(fault, page_text_translated);
}

static void translate_value(json_t *object, const char *name, json_t *value)
{
    char *text = strcmp(name, "fault") == 0 && json_is_string(value)
                     ? page_fault_text(json_string_value(value))
                     : NULL;
    if (text)
        json_object_set_new(object, name, json_string(text));
    else
        page_fault_translate(value);
    free(text);
}

// A view is as deep as its template.
void page_fault_translate(json_t *view)
{
    const char *name;
    json_t *value;
    size_t i;
    void *next;
    json_array_foreach(view, i, value) page_fault_translate(value);
    if (json_is_object(view))
        json_object_foreach_safe(view, next, name, value) translate_value(view, name, value);
}
