// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the decision: tests/cases/milter/decide.cases with the rows of decide.rows.
#include "case_lines.h"
#include "file_text.h"
#include "milter/decide/rcpt_answer.h"
#include "milter/decide/size_limit.h"
#include "rcpt_decide_case.h"
#include "rows.h"
#include "scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *folder;
static char *rows_text;
static char settings[RCPT_DECIDE_CASE_SETTINGS]; // of the rows that are loaded
static struct directory *directory;
static const struct directory_snapshot *snapshot;
static struct batv_keys keys;

static void close_rows(void)
{
    if (!directory)
        return;
    directory_end(directory);
    directory_destroy(directory);
    directory = NULL;
}

static void open_rows(void)
{
    struct problem problem;
    char *text;
    assert_true(asprintf(&text, "%s\n%s", rows_text, settings) > 0);
    if (!rows_load(folder, text, &problem))
        fail_msg("%s", problem.text);
    free(text);
    directory = directory_create(folder);
    assert_non_null(directory);
    assert_int_equal(directory_begin(directory, &snapshot), DIRECTORY_OK);
}

static int setup(void **state)
{
    struct problem problem;
    (void)state;
    rows_text = file_text_read(EMG_CASES "/milter/decide.rows");
    folder = scratch_make();
    open_rows();
    return batv_keys_parse(SLICE("3 correct horse battery staple\n"), &keys, &problem) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close_rows();
    batv_keys_finish(&keys);
    free(rows_text);
    scratch_remove();
    return 0;
}

// Settings of the case on top of the rows.
static void follow_settings(const char *wanted)
{
    if (strcmp(settings, wanted) == 0)
        return;
    snprintf(settings, sizeof settings, "%s", wanted);
    close_rows();
    open_rows();
}

static void put(char out[CASE_ANSWER_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(char out[CASE_ANSWER_MAX], const char *format, ...)
{
    va_list arguments;
    const size_t len = strlen(out);
    va_start(arguments, format);
    vsnprintf(out + len, CASE_ANSWER_MAX - len, format, arguments);
    va_end(arguments);
}

static void show(const struct rcpt_decision *decision, const struct spf_findings *spf,
                 char out[CASE_ANSWER_MAX])
{
    struct reply_text reply = {.code = ""};
    rcpt_answer_write(decision, spf, &reply);
    if (decision->verdict == RCPT_DECIDE_ASK_SPF)
        put(out, "needs spf");
    else if (decision->verdict == RCPT_DECIDE_ACCEPT)
        put(out, "accept");
    else // the reply; its class is the verdict
        put(out, "%s %s %s", reply.code, reply.status, reply.text);
    assert_int_equal(reply.code[0], decision->verdict == RCPT_DECIDE_DEFER    ? '4'
                                    : decision->verdict == RCPT_DECIDE_REFUSE ? '5'
                                                                              : '\0');
    put(out, " ; %s %s", rcpt_decide_reason_word(decision->reason),
        decision->domain[0] ? decision->domain : "-");
    if (decision->entry[0])
        put(out, " %s", decision->entry);
    if (decision->verdict == RCPT_DECIDE_ACCEPT && decision->limit == SIZE_LIMIT_UNLIMITED)
        put(out, " ; unlimited");
    else if (decision->verdict == RCPT_DECIDE_ACCEPT)
        put(out, " ; %" PRId64 " bytes", decision->limit);
    if (decision->verdict == RCPT_DECIDE_ACCEPT && decision->add_results_header)
        put(out, " mark");
    if (decision->verdict == RCPT_DECIDE_ACCEPT && decision->no_bounce)
        put(out, " no-bounce");
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct rcpt_decide_case given;
    struct rcpt_decision decision;
    rcpt_decide_case_read(input, &keys, &given);
    follow_settings(given.settings);
    for (size_t i = 0; i < given.recipient_count; i++) {
        rcpt_decide(snapshot, &given.message, &given.recipients[i], &decision);
        put(out, i ? " | " : "");
        show(&decision, given.message.spf, out);
        if (decision.verdict == RCPT_DECIDE_ACCEPT &&
            (given.message.limit < 0 || decision.limit < given.message.limit))
            given.message.limit = decision.limit;
    }
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/decide.cases", answer);
}

static void test_manual_lists_the_checks_in_their_order(void **state)
{
    char *page = file_text_read(EMG_CASES "/../../milter/emailgency-milter.8");
    struct slice rest = slice_from(page), line;
    size_t count = 0;
    (void)state;
    while (slice_split(rest, '\n', &line, &rest)) {
        if (!slice_has_prefix(line, SLICE(".Sy ")) || !slice_has_suffix_nocase(line, SLICE(" :")))
            continue;
        const char *name = rcpt_decide_check_name(count++);
        assert_non_null(name);
        line = slice_skip(line, strlen(".Sy "));
        line.len -= strlen(" :");
        assert_true(slice_equal(line, slice_from(name)));
    }
    assert_null(rcpt_decide_check_name(count));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_manual_lists_the_checks_in_their_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
