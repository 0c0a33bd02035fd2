// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/finding.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

static const char *const words[] = {
    [FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_ERROR] = "error"};

static void copy(const char *from, char *to, size_t size)
{
    snprintf(to, size, "%s", from ? from : "");
}

static bool is_known(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->list[i].parameter, finding->parameter) == 0 &&
            strcmp(findings->list[i].says, finding->says) == 0)
            return true;
    return false;
}

void finding_add(struct findings *findings, enum finding_severity severity, const char *parameter,
                 const char *write, const char *why, const char *format, ...)
{
    struct finding finding = {.severity = severity, .why = why};
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(finding.says, sizeof finding.says, format, arguments);
    va_end(arguments);
    for (char *at = finding.says; *at;
         at++) // a value may hold any bytes, which terminals and JSON cannot show
        if (*at < ' ' || *at > '~')
            *at = '?';
    copy(parameter, finding.parameter, sizeof finding.parameter);
    copy(write, finding.write, sizeof finding.write);
    if (is_known(findings, &finding))
        return;
    findings->errors += severity == FINDING_ERROR;
    if (findings->count < FINDING_MAX)
        findings->list[findings->count++] = finding;
}

void finding_format(const struct finding *finding, char out[FINDING_LINE_MAX])
{
    const bool has_write = finding->write[0] != '\0';
    snprintf(out, FINDING_LINE_MAX, "%s: %s: %s%s%s%s%s%s%s", words[finding->severity], finding->parameter,
             finding->says, has_write ? "; write \"" : "", finding->write, has_write ? "\"" : "",
             finding->why ? " (" : "", finding->why ? finding->why : "", finding->why ? ")" : "");
}

static bool print_line(const struct finding *finding, FILE *out)
{
    char line[FINDING_LINE_MAX];
    finding_format(finding, line);
    return fprintf(out, "%s\n", line) > 0;
}

json_t *finding_pack(const struct finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "severity", words[finding->severity], "parameter",
                     finding->parameter, "says", finding->says, "write",
                     finding->write[0] ? finding->write : NULL, "why", finding->why);
}

static bool print_json(const struct finding *finding, FILE *out)
{
    json_t *object = finding_pack(finding);
    const bool done = object && json_dumpf(object, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
    json_decref(object);
    return done;
}

static bool print_all(const struct findings *findings, FILE *out,
                      bool (*print)(const struct finding *, FILE *))
{
    bool done = true;
    for (int severity = FINDING_ERROR; severity >= FINDING_OK; severity--)
        for (size_t i = 0; i < findings->count && done; i++)
            if ((int)findings->list[i].severity == severity)
                done = print(&findings->list[i], out);
    return done;
}

bool finding_print(const struct findings *findings, FILE *out)
{
    return print_all(findings, out, print_line);
}

bool finding_print_json(const struct findings *findings, FILE *out)
{
    return print_all(findings, out, print_json);
}
