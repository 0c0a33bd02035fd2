// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// Without blanks at both ends and with "\xHH" undone, in the memory of `text`.
static struct slice unescape_trimmed(char *text)
{
    struct slice shown = slice_trim(slice_from(text));
    char *to = text;
    for (const char *from = shown.ptr, *end = from + shown.len; from < end;) {
        unsigned byte;
        if (strncmp(from, "\\x", 2) == 0 && sscanf(from + 2, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    return slice_make(text, (size_t)(to - text));
}

static bool line_holds(const char *path, int number, char *line, case_answer answer)
{
    char got[CASE_ANSWER_MAX] = "";
    char *arrow = strstr(line, "=>");
    if (!arrow) {
        print_error("%s:%d: no \"=>\"\n", path, number);
        return false;
    }
    *arrow = '\0';
    struct slice expected = unescape_trimmed(arrow + 2);
    struct slice input = unescape_trimmed(line);
    // In memory of its own size, so that the sanitizer sees a read past its end.
    char *exact = malloc(input.len + (input.len == 0));
    assert_non_null(exact);
    answer(slice_make(memcpy(exact, input.ptr, input.len), input.len), got);
    free(exact);
    bool holds = slice_equal(slice_from(got), expected);
    if (!holds)
        print_error("%s:%d: got %s, expected %.*s\n", path, number, got, (int)expected.len, expected.ptr);
    return holds;
}

void case_lines_check(const char *path, case_answer answer)
{
    char full[4096], *line = NULL;
    size_t size = 0;
    int number = 0, cases = 0, wrong = 0;
    snprintf(full, sizeof full, "%s/%s", EMG_CASES, path);
    FILE *file = fopen(full, "r");
    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        number++;
        if (line[0] == '#' || slice_trim(slice_from(line)).len == 0)
            continue;
        cases++;
        wrong += !line_holds(path, number, line, answer);
    }
    free(line);
    fclose(file);
    assert_true(cases > 0);
    assert_int_equal(wrong, 0);
}
