// SPDX-License-Identifier: BSD-2-Clause
#include "conf/conf_value.h"

#include "conf/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *field_of(const struct conf_option *option, void *conf)
{
    return (char *)conf + option->offset;
}

static const void *field_of_const(const struct conf_option *option, const void *conf)
{
    return (const char *)conf + option->offset;
}

static bool set_bool(bool *field, const char *text, struct problem *problem)
{
    static const char *const words[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};
    for (size_t value = 0; value < 2; value++)
        for (size_t i = 0; i < 4; i++)
            if (strcasecmp(text, words[value][i]) == 0) {
                *field = value == 1;
                return true;
            }
    return problem_set(problem, "\"%s\" is neither yes nor no", text);
}

static bool set_number(const struct conf_option *option, int64_t *field, const char *text,
                       struct problem *problem)
{
    static const char *const units[] = {[CONF_UNIT_NONE] = "",
                                        [CONF_UNIT_MS] = " of milliseconds",
                                        [CONF_UNIT_SECONDS] = " of seconds",
                                        [CONF_UNIT_BYTES] = " of bytes"};
    char *end = NULL;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < option->min || value > option->max) {
        return problem_set(problem, "\"%s\" is no number%s from %" PRId64 " to %" PRId64, text,
                           units[option->unit], option->min, option->max);
    }
    *field = value;
    return true;
}

static bool set_text(char **field, const char *text, struct problem *problem)
{
    char *copy = strdup(text);
    if (!copy) {
        return problem_set(problem, "out of memory");
    }
    free(*field);
    *field = copy;
    return true;
}

static bool set_secret(struct conf_secret *field, const char *path, struct problem *problem)
{
    char *value = *path ? secret_read(path, problem) : strdup("");
    if (!value || !set_text(&field->path, path, problem)) {
        free(value);
        return false;
    }
    secret_free(field->value);
    field->value = value;
    return true;
}

bool conf_value_set(const struct conf_option *option, void *conf, const char *text, struct problem *problem)
{
    if (option->check && !option->check(text, problem))
        return false;
    void *field = field_of(option, conf);
    switch (option->type) {
    case CONF_TYPE_BOOL:
        return set_bool(field, text, problem);
    case CONF_TYPE_NUMBER:
        return set_number(option, field, text, problem);
    case CONF_TYPE_TEXT:
        return set_text(field, text, problem);
    case CONF_TYPE_SECRET:
        return set_secret(field, text, problem);
    }
    return false;
}

static size_t field_size(const struct conf_option *option)
{
    static const size_t sizes[] = {[CONF_TYPE_BOOL] = sizeof(bool),
                                   [CONF_TYPE_NUMBER] = sizeof(int64_t),
                                   [CONF_TYPE_TEXT] = sizeof(char *),
                                   [CONF_TYPE_SECRET] = sizeof(struct conf_secret)};
    return sizes[option->type];
}

void conf_value_swap(const struct conf_option *option, void *to, void *from)
{
    char kept[sizeof(struct conf_secret)];
    const size_t size = field_size(option);
    memcpy(kept, field_of(option, to), size);
    memcpy(field_of(option, to), field_of(option, from), size);
    memcpy(field_of(option, from), kept, size);
}

bool conf_value_equal(const struct conf_option *option, const void *a, const void *b)
{
    const void *x = field_of_const(option, a);
    const void *y = field_of_const(option, b);
    if (option->type == CONF_TYPE_TEXT)
        return strcmp(*(char *const *)x, *(char *const *)y) == 0;
    if (option->type == CONF_TYPE_SECRET)
        return strcmp(((const struct conf_secret *)x)->value, ((const struct conf_secret *)y)->value) == 0;
    return memcmp(x, y, field_size(option)) == 0;
}

static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if ((unsigned char)*text < ' ') {
            fprintf(out, "\\x%02x", (unsigned)*text);
            continue;
        }
        if (strchr("\"\\$", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void conf_value_print(const struct conf_option *option, const void *conf, FILE *out)
{
    const void *field = field_of_const(option, conf);
    switch (option->type) {
    case CONF_TYPE_BOOL:
        fputs(*(const bool *)field ? "yes" : "no", out);
        break;
    case CONF_TYPE_NUMBER:
        fprintf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case CONF_TYPE_TEXT:
        print_quoted(*(char *const *)field, out);
        break;
    case CONF_TYPE_SECRET:
        print_quoted(((const struct conf_secret *)field)->path, out);
        break;
    }
}

void conf_value_free(const struct conf_option *option, void *conf)
{
    if (option->type == CONF_TYPE_TEXT) {
        char **field = field_of(option, conf);
        free(*field);
        *field = NULL;
    } else if (option->type == CONF_TYPE_SECRET) {
        struct conf_secret *field = field_of(option, conf);
        secret_free(field->value);
        free(field->path);
        *field = (struct conf_secret){NULL, NULL};
    }
}
