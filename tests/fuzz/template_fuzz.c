// SPDX-License-Identifier: BSD-2-Clause
// Templates and a view: two templates, "main" and "part", and the JSON of a view, with a NUL between them.
#include "template/template_set.h"

#include "fuzz.h"

static const char *text_as_it_is(void *context, const char *english)
{
    (void)context;
    return english;
}

static const char *form_of(void *context, const char *one, const char *many, unsigned long count)
{
    (void)context;
    return count == 1 ? one : many;
}

static struct slice next_part(struct slice *in)
{
    struct slice part;
    if (!slice_split(*in, '\0', &part, in))
        *in = slice_make(NULL, 0);
    return part;
}

// A template without "<" gives none, whatever the view: each value is escaped.
static void check_escaped(const struct template_source *sources, struct slice text)
{
    for (unsigned i = 0; i < 2; i++)
        if (sources[i].text.len > 0 && memchr(sources[i].text.ptr, '<', sources[i].text.len))
            return;
    FUZZ_CHECK(text.len == 0 || !memchr(text.ptr, '<', text.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct template_translator translator = {.text = text_as_it_is, .plural = form_of};
    struct slice in = slice_make((const char *)data, size);
    struct template_source sources[2] = {{.name = "main"}, {.name = "part"}};
    struct template_output output = {0};
    struct problem problem;
    for (unsigned i = 0; i < 2; i++)
        sources[i].text = next_part(&in);
    struct template_set *set = template_set_parse(sources, 2, &problem);
    json_t *view = set ? json_loadb(in.len ? in.ptr : "{}", in.len ? in.len : 2, 0, NULL) : NULL;
    if (view) {
        const enum template_rc rc = template_set_render(set, "main", view, &translator, &output);
        FUZZ_CHECK(rc != TEMPLATE_UNKNOWN && output.len <= TEMPLATE_OUTPUT_MAX);
        check_escaped(sources, slice_make(output.text, output.len));
    }
    template_output_finish(&output);
    json_decref(view);
    template_set_destroy(set);
    return 0;
}
