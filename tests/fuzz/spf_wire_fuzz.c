// SPDX-License-Identifier: BSD-2-Clause
// A worker that was taken over writes any bytes. What is believed is just what the encoder writes.
#include "fuzz.h"
#include "wire/spf_codec.h"

static void check_text(const char *text, size_t size, bool lines)
{
    size_t len = strnlen(text, size);
    FUZZ_CHECK(len < size);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((text[i] >= ' ' && text[i] <= '~') || (lines && text[i] == '\n'));
}

static void check_verdict(struct slice in)
{
    static struct spf_verdict verdict;
    static char again[SPF_VERDICT_BYTES_MAX];
    if (!spf_verdict_decode(in, &verdict))
        return;
    FUZZ_CHECK(*spf_result_word(verdict.result));
    FUZZ_CHECK(spf_problem_words(verdict.problem));
    check_text(verdict.domain, sizeof verdict.domain, false);
    check_text(verdict.record_domain, sizeof verdict.record_domain, false);
    check_text(verdict.term, sizeof verdict.term, false);
    check_text(verdict.explanation, sizeof verdict.explanation, false);
    check_text(verdict.trace, sizeof verdict.trace, true);
    FUZZ_CHECK(spf_verdict_encode(&verdict, again) == in.len);
    FUZZ_CHECK(memcmp(again, in.ptr, in.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    char again[SPF_REQUEST_BYTES_MAX];
    struct spf_request request;
    check_verdict(in);
    if (!spf_request_decode(in, &request))
        return 0;
    FUZZ_CHECK(request.client.bits == 32 || request.client.bits == 128);
    FUZZ_CHECK(spf_request_encode(&request, again) == size);
    FUZZ_CHECK(memcmp(again, data, size) == 0);
    return 0;
}
