// SPDX-License-Identifier: BSD-2-Clause
#include "spf_golden.h"

#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

bool spf_golden_next(struct slice *input, struct slice *key, struct slice *value)
{
    struct slice line;
    if (input->len == 0)
        return false;
    slice_split(*input, '\n', &line, input);
    slice_split(line, ' ', key, value);
    return true;
}

// Without empty lines at the end.
static struct slice strip_lines(struct slice text)
{
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    return text;
}

// Returns whether the answer is as expected, and says how not.
static bool check_case(struct slice title, struct slice input, struct slice expected,
                       spf_golden_answer answer)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    assert_non_null(out);
    answer(input, out);
    assert_int_equal(fclose(out), 0);
    const bool same = slice_equal(strip_lines(slice_make(got, size)), strip_lines(expected));
    if (!same)
        fprintf(stderr, "== %.*s\n%s", (int)title.len, title.ptr, got);
    free(got);
    return same;
}

// Up to the next line that begins with `mark`, which is taken as well.
static struct slice take_until(struct slice *rest, const char *mark)
{
    const char *end = strstr(rest->ptr, mark);
    const size_t len = end ? (size_t)(end - rest->ptr) + 1 : rest->len;
    const struct slice taken = slice_make(rest->ptr, len);
    *rest = slice_skip(*rest, end ? len + strlen(mark) - 1 : len);
    return taken;
}

void spf_golden_check(const char *path, spf_golden_answer answer)
{
    char full[4096];
    unsigned cases = 0, wrong = 0;
    snprintf(full, sizeof full, EMG_CASES "/%s", path);
    char *text = file_text_read(full);
    struct slice rest = slice_from(text), title;
    (void)take_until(&rest, "\n== ");
    while (rest.len) {
        slice_split(rest, '\n', &title, &rest);
        struct slice input = take_until(&rest, "\n--\n");
        struct slice expected = take_until(&rest, "\n== ");
        wrong += !check_case(title, input, expected, answer);
        cases++;
    }
    free(text);
    assert_true(cases > 0);
    assert_int_equal(wrong, 0);
}

enum spf_result spf_golden_result(struct slice word)
{
    for (int result = 0; result < SPF_RESULTS; result++)
        if (slice_equal(word, slice_from(spf_result_word((enum spf_result)result))))
            return (enum spf_result)result;
    fail_msg("no result: %.*s", (int)word.len, word.ptr);
    return SPF_RESULTS;
}

enum spf_problem spf_golden_problem(struct slice words)
{
    for (int problem = 0; problem < SPF_PROBLEMS; problem++)
        if (slice_equal(words, slice_from(spf_problem_words((enum spf_problem)problem))))
            return (enum spf_problem)problem;
    fail_msg("no problem: %.*s", (int)words.len, words.ptr);
    return SPF_PROBLEMS;
}
