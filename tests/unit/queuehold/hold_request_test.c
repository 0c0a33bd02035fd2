// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of tests/cases/queuehold/request.cases.
#include "case_lines.h"
#include "queuehold/request/hold_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void show_request(const struct hold_request *request, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {"hold", "release", "delete"};
    snprintf(out, CASE_ANSWER_MAX, "%s %s %s", words[request->action], request->id, request->login);
}

static void show_verdict(const struct hold_request *request, struct slice envelope, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {
        [HOLD_NOT_THEIRS] = "not theirs", [HOLD_DONE] = "done", [HOLD_TO_DO] = "do"};
    char text[1024];
    struct slice queue, login;
    (void)slice_split(envelope, ' ', &queue, &login);
    const int len = snprintf(
        text, sizeof text,
        "*** ENVELOPE RECORDS %.*s/4/%s ***\n"
        "message_size:             400             200               1               0\n"
        "message_arrival_time: Sun Nov 29 12:00:00 2026\n"
        "%s%.*s\n"
        "sender: sender@a.example\n",
        (int)queue.len, queue.ptr, request->id,
        login.ptr[0] == '-' ? "named_attribute: other=" : "named_attribute: sasl_username=", (int)login.len,
        login.ptr);
    snprintf(out, CASE_ANSWER_MAX, "%s", words[hold_request_judge(request, slice_make(text, (size_t)len))]);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct hold_request request;
    struct slice line, envelope;
    const bool judges = slice_split(input, ';', &line, &envelope);
    if (judges)
        line = slice_trim(line);
    if (!hold_request_read(line, &request))
        snprintf(out, CASE_ANSWER_MAX, "none");
    else if (judges)
        show_verdict(&request, slice_trim(envelope), out);
    else
        show_request(&request, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("queuehold/request.cases", answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
