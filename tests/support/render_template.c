// SPDX-License-Identifier: BSD-2-Clause
// Renders templates for tests in Python. Each line of the input is a JSON object; for each there is one line
// of output, {"text": …} or {"fault": …}.
//     {"templates": {"main": "…", …}, "view": {…}}                     templates in the request
//     {"folder": "…", "name": "login", "view": {…}, "language": "fr"}  templates of a folder, and its
//     catalogue
#include "catalogue/catalogue.h"
#include "template/template_set.h"

#include <err.h>
#include <stdlib.h>

#define CATALOGUE "emailgency-console"

static const char *translate(void *context, const char *english)
{
    (void)context;
    return catalogue_text(CATALOGUE, english);
}

static const char *translate_plural(void *context, const char *one, const char *many, unsigned long count)
{
    (void)context;
    return catalogue_plural(CATALOGUE, one, many, count);
}

static const struct template_translator translator = {.text = translate, .plural = translate_plural};

static struct template_set *set_of(const json_t *templates, struct problem *problem)
{
    struct template_source sources[TEMPLATE_SET_MAX];
    size_t count = 0;
    const char *name;
    json_t *text;
    json_object_foreach((json_t *)templates, name, text) if (count < TEMPLATE_SET_MAX) sources[count++] =
        (struct template_source){name, slice_make(json_string_value(text), json_string_length(text))};
    return template_set_parse(sources, count, problem);
}

static const char *string_in(const json_t *request, const char *name, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(request, name));
    return value ? value : otherwise;
}

static json_t *answer_to(const json_t *request)
{
    struct template_output output = {0};
    struct problem problem;
    const char *folder = string_in(request, "folder", NULL);
    struct template_set *set = folder ? template_set_create(folder, &problem)
                                      : set_of(json_object_get(request, "templates"), &problem);
    if (!set)
        return json_pack("{s:s}", "fault", problem.text);
    catalogue_language(string_in(request, "language", "en"));
    const enum template_rc rc = template_set_render(set, string_in(request, "name", "main"),
                                                    json_object_get(request, "view"), &translator, &output);
    json_t *answer = rc == TEMPLATE_DONE
                         ? json_pack("{s:s%}", "text", output.text ? output.text : "", output.len)
                         : json_pack("{s:s}", "fault", template_set_fault(rc));
    template_output_finish(&output);
    template_set_destroy(set);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    catalogue_open(CATALOGUE, EMG_LOCALE);
    while (getline(&line, &size, stdin) > 0) {
        json_error_t error;
        json_t *request = json_loads(line, 0, &error);
        if (!request)
            errx(1, "%s", error.text);
        json_t *answer = answer_to(request);
        if (!answer || json_dumpf(answer, stdout, JSON_COMPACT) < 0)
            errx(1, "no answer, or one that is no UTF-8");
        puts("");
        json_decref(answer);
        json_decref(request);
    }
    free(line);
    return 0;
}
