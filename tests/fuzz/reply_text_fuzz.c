// SPDX-License-Identifier: BSD-2-Clause
// Input: code, status and text, or domain and explanation, up to blanks.
#include "fuzz.h"
#include "milter/decide/reply_text.h"

// As libmilter/smfi.c and Postfix's src/milter/milter8.c require it.
static void check_reply(const struct reply_text *reply)
{
    size_t shown = 0;
    FUZZ_CHECK((reply->code[0] == '4' || reply->code[0] == '5') && strlen(reply->code) == 3);
    FUZZ_CHECK(reply->status[0] == reply->code[0] && reply->status[1] == '.' && strlen(reply->status) <= 9);
    FUZZ_CHECK(strlen(reply->text) <= REPLY_TEXT_MAX && REPLY_TEXT_MAX < 980);
    for (const char *c = reply->text; *c; c++, shown++) {
        FUZZ_CHECK(*c >= ' ' && *c <= '~');
        if (*c == '%')
            FUZZ_CHECK(*++c == '%');
    }
    FUZZ_CHECK(shown <= REPLY_TEXT_SHOWN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size), first, second, rest;
    struct reply_text reply;
    slice_split(in, ' ', &first, &rest);
    slice_split(rest, ' ', &second, &rest);
    if (reply_text_make(first, second, rest, &reply))
        check_reply(&reply);
    reply_text_spf_fail(SPF_MAIL_FROM, first, rest, &reply);
    check_reply(&reply);
    reply_text_spf_error(SPF_TEMPERROR, SPF_DNS_FAILED, SPF_HELO, first, &reply);
    check_reply(&reply);
    reply_text_spf_refused(SPF_SOFTFAIL, SPF_HELO, in, &reply);
    check_reply(&reply);
    return 0;
}
