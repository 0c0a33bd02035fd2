// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/status_report.h"

#include <stdarg.h>
#include <string.h>

void status_report_add(struct status_report *report, enum status_level level, const char *check,
                       const char *todo, const char *format, ...)
{
    va_list arguments;
    if (report->count < STATUS_LINES_MAX)
        report->count++;
    struct status_line *line = &report->lines[report->count - 1];
    *line = (struct status_line){.level = level, .check = check, .todo = todo};
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(line->says, sizeof line->says, format, arguments);
    va_end(arguments);
}

void status_report_value(struct status_report *report, const char *name, double value, const char *unit,
                         const char *warning)
{
    if (report->value_count == STATUS_VALUES_MAX)
        return;
    struct status_value *place = &report->values[report->value_count++];
    *place = (struct status_value){.name = name, .value = value, .unit = unit};
    snprintf(place->warning, sizeof place->warning, "%s", warning);
}

bool status_report_raised(const struct status_report *report, const char *check)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->lines[i].level != STATUS_OK && strcmp(report->lines[i].check, check) == 0)
            return true;
    return false;
}

enum status_level status_report_level(const struct status_report *report)
{
    enum status_level worst = STATUS_OK;
    size_t passed = 0, unknown = 0;
    for (size_t i = 0; i < report->count; i++) {
        const enum status_level level = report->lines[i].level;
        passed += level == STATUS_OK;
        unknown += level == STATUS_UNKNOWN;
        if (level != STATUS_UNKNOWN && level > worst)
            worst = level;
    }
    return worst == STATUS_OK && (unknown > passed || report->count == 0) ? STATUS_UNKNOWN : worst;
}

const char *status_level_word(enum status_level level)
{
    static const char *const words[] = {[STATUS_OK] = "ok",
                                        [STATUS_WARNING] = "warning",
                                        [STATUS_CRITICAL] = "critical",
                                        [STATUS_UNKNOWN] = "unknown"};
    return words[level];
}
