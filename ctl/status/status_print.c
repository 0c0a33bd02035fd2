// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/status_report.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

// Printable ASCII stays; a line stays a line whatever a daemon's metrics hold. "|" begins performance data.
static void print_text(FILE *out, const char *text, bool plugin)
{
    for (; *text; text++)
        fputc(*text < ' ' || *text > '~' || (plugin && *text == '|') ? '?' : *text, out);
}

bool status_print(const struct status_report *report, FILE *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct status_line *line = &report->lines[i];
        fprintf(out, "%-8s %-12s ", status_level_word(line->level), line->check);
        print_text(out, line->says, false);
        if (line->todo)
            fprintf(out, "\n%22sdo: %s", "", line->todo);
        fputc('\n', out);
    }
    fprintf(out, "overall: %s\n", status_level_word(status_report_level(report)));
    return !ferror(out);
}

// Text for JSON: what is no ASCII becomes "?", since jansson refuses other than UTF-8.
static json_t *make_text(const char *text)
{
    char safe[sizeof((struct status_line *)0)->says];
    size_t len = 0;
    for (; text[len] && len + 1 < sizeof safe; len++)
        safe[len] = (char)(text[len] < ' ' || text[len] > '~' ? '?' : text[len]);
    return json_stringn(safe, len);
}

static json_t *make_lines(const struct status_report *report)
{
    json_t *lines = json_array();
    for (size_t i = 0; lines && i < report->count; i++) {
        const struct status_line *line = &report->lines[i];
        json_t *one =
            json_pack("{s:s, s:s, s:o, s:s?}", "check", line->check, "level", status_level_word(line->level),
                      "says", make_text(line->says), "do", line->todo);
        if (json_array_append_new(lines, one) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

static json_t *make_values(const struct status_report *report)
{
    json_t *values = json_object();
    for (size_t i = 0; values && i < report->value_count; i++)
        if (json_object_set_new(values, report->values[i].name, json_real(report->values[i].value)) != 0) {
            json_decref(values);
            return NULL;
        }
    return values;
}

bool status_print_json(const struct status_report *report, const char *version, FILE *out)
{
    const enum status_level level = status_report_level(report);
    json_t *document =
        json_pack("{s:s, s:i, s:s, s:o, s:o}", "level", status_level_word(level), "exit", (int)level,
                  "version", version, "checks", make_lines(report), "values", make_values(report));
    const bool done = document && json_dumpf(document, out, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0 &&
                      fputc('\n', out) != EOF;
    json_decref(document);
    return done;
}

static void print_value(FILE *out, const struct status_value *value)
{
    fprintf(out, " %s=%.12g%s", value->name, value->value, value->unit);
    if (value->warning[0])
        fprintf(out, ";%s", value->warning);
}

// The lines of this level; returns how many.
static size_t print_level(FILE *out, const struct status_report *report, enum status_level level,
                          size_t before)
{
    size_t count = before;
    for (size_t i = 0; i < report->count; i++) {
        if (report->lines[i].level != level)
            continue;
        fprintf(out, "%s%s: ", count++ ? "; " : "", report->lines[i].check);
        print_text(out, report->lines[i].says, true);
    }
    return count;
}

static size_t count_level(const struct status_report *report, enum status_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->lines[i].level == level;
    return count;
}

bool status_print_nagios(const struct status_report *report, FILE *out)
{
    const char *word = status_level_word(status_report_level(report));
    const size_t unknown = count_level(report, STATUS_UNKNOWN);
    fputs("EMAILGENCY ", out);
    for (; *word; word++)
        fputc(toupper((unsigned char)*word), out);
    fputs(" - ", out);
    const size_t critical = print_level(out, report, STATUS_CRITICAL, 0);
    if (print_level(out, report, STATUS_WARNING, critical) == 0)
        fprintf(out, "%zu checks pass", count_level(report, STATUS_OK));
    if (unknown > 0)
        fprintf(out, "; %zu could not be looked at", unknown);
    for (size_t i = 0; i < report->value_count; i++) {
        fputs(i ? "" : " |", out);
        print_value(out, &report->values[i]);
    }
    fputc('\n', out);
    return !ferror(out);
}
