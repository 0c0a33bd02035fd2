// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/sms/sms_gateway.h"

#include "base/slice.h"

static bool is_one_of(const char *value, const char *words)
{
    for (struct slice word, rest = slice_from(words); rest.len;) {
        slice_split(rest, ' ', &word, &rest);
        if (slice_equal(word, slice_from(value)))
            return true;
    }
    return false;
}

bool sms_gateway_check_method(const char *value, struct problem *problem)
{
    return is_one_of(value, "POST PUT GET") || problem_set(problem, "write POST, PUT or GET");
}

bool sms_gateway_check_content(const char *value, struct problem *problem)
{
    return is_one_of(value, "form json xml") || problem_set(problem, "write form, json or xml");
}

bool sms_gateway_check_auth(const char *value, struct problem *problem)
{
    return is_one_of(value, "none basic bearer hmac sha1") ||
           problem_set(problem, "write none, basic, bearer, hmac or sha1");
}

bool sms_gateway_check_status(const char *value, struct problem *problem)
{
    struct slice word, rest = slice_from(value);
    unsigned long long number;
    while (rest.len) {
        slice_split(rest, ' ', &word, &rest);
        if (word.len && (!slice_number(word, 299, &number) || number < 200))
            return problem_set(problem, "write statuses from 200 to 299, such as \"200 201\"");
    }
    return true;
}
