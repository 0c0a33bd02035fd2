// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "wire/policy.h"

// From its first slice to its last there is nothing else in the struct.
#define SLICES(request) (&(request)->protocol_state)
#define SLICES_END(request) (&(request)->policy_context + 1)

static void check_slices(const struct policy_request *request, struct slice in)
{
    for (const struct slice *it = SLICES(request); it < SLICES_END(request); it++) {
        FUZZ_CHECK(it->len <= POLICY_VALUE_MAX && fuzz_within(*it, in));
        FUZZ_CHECK(it->len == 0 || (!memchr(it->ptr, '\n', it->len) && !memchr(it->ptr, '\0', it->len)));
    }
}

// Less of it is never anything but incomplete, and what follows a request does not change it.
static void check_pieces(struct slice in, enum policy_rc rc, size_t used,
                         const struct policy_request *request)
{
    struct policy_request again;
    size_t again_used;
    size_t complete = used ? used : in.len < POLICY_REQUEST_MAX ? in.len + 1 : POLICY_REQUEST_MAX;
    for (size_t cut = complete - 1; cut > 0; cut = cut * 3 / 4) {
        FUZZ_CHECK(policy_parse(slice_make(in.ptr, cut), &again, &again_used) == POLICY_MORE);
        FUZZ_CHECK(again_used == 0);
    }
    if (rc == POLICY_MORE)
        return;
    FUZZ_CHECK(policy_parse(slice_make(in.ptr, complete), &again, &again_used) == rc && again_used == used);
    for (size_t i = 0; rc == POLICY_OK && SLICES(request) + i < SLICES_END(request); i++)
        FUZZ_CHECK(slice_equal(SLICES(request)[i], SLICES(&again)[i]));
}

// Skipping piece by piece ends where skipping all at once does.
static void check_skip(struct slice in, size_t piece)
{
    bool done = false, whole_done;
    size_t whole = policy_skip(in, &whole_done), at = 0;
    for (size_t end = piece; !done && end < in.len + piece; end += piece)
        at += policy_skip(slice_make(in.ptr + at, (end < in.len ? end : in.len) - at), &done);
    FUZZ_CHECK(done == whole_done && at == whole && whole <= in.len);
}

static void check_format(struct slice action)
{
    char out[POLICY_REPLY_MAX];
    size_t len = policy_format(action, out);
    FUZZ_CHECK(len >= strlen("action=\n\n") && len <= sizeof out && memcmp(out, "action=", 7) == 0);
    for (size_t i = 0; i < len - 2; i++)
        FUZZ_CHECK(out[i] >= ' ' && out[i] <= '~');
    FUZZ_CHECK(out[len - 2] == '\n' && out[len - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    struct policy_request request;
    for (size_t used = 1; used; in = slice_skip(in, used)) {
        enum policy_rc rc = policy_parse(in, &request, &used);
        FUZZ_CHECK(used <= in.len && (used > 0) == (rc == POLICY_OK || rc == POLICY_BAD));
        if (rc == POLICY_OK)
            check_slices(&request, slice_make(in.ptr, used));
        check_pieces(in, rc, used, &request);
    }
    in = slice_make((const char *)data, size);
    if (size)
        check_skip(in, 1 + data[0] % 7);
    check_format(in);
    return 0;
}
