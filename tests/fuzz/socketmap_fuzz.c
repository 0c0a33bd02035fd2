// SPDX-License-Identifier: BSD-2-Clause
#include "wire/socketmap.h"

#include "fuzz.h"

// Less of a request is incomplete or already known to be what it is, and what follows changes nothing.
static void check_pieces(struct slice in, enum socketmap_rc rc, size_t used)
{
    struct socketmap_request again;
    size_t again_used;
    for (size_t cut = in.len; cut > 0; cut = cut * 3 / 4) {
        const enum socketmap_rc part = socketmap_parse(slice_make(in.ptr, cut), &again, &again_used);
        FUZZ_CHECK(part == SOCKETMAP_MORE || part == rc);
        FUZZ_CHECK(part == SOCKETMAP_MORE || again_used == used);
        if (used > 0 && cut >= used)
            FUZZ_CHECK(part == rc);
    }
}

static void check_format(struct slice text)
{
    static char out[SOCKETMAP_ENCODED_MAX];
    static const enum socketmap_status statuses[] = {SOCKETMAP_FOUND, SOCKETMAP_NOT_FOUND, SOCKETMAP_TEMP,
                                                     SOCKETMAP_PERM};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct socketmap_request reply; // a reply has the form of a request
        size_t used;
        const size_t len = socketmap_format(statuses[i], text, out);
        FUZZ_CHECK(len <= sizeof out && out[len - 1] == ',');
        const enum socketmap_rc rc = socketmap_parse(slice_make(out, len), &reply, &used);
        FUZZ_CHECK((rc == SOCKETMAP_OK || rc == SOCKETMAP_TOO_BIG) && used == len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    check_format(in);
    for (size_t used = 1; used; in = slice_skip(in, used)) {
        struct socketmap_request request;
        const enum socketmap_rc rc = socketmap_parse(in, &request, &used);
        const bool whole = rc == SOCKETMAP_OK || rc == SOCKETMAP_NO_KEY;
        FUZZ_CHECK((used > 0) == (whole || rc == SOCKETMAP_TOO_BIG));
        FUZZ_CHECK(!whole || used <= in.len);
        if (rc == SOCKETMAP_OK) {
            FUZZ_CHECK(fuzz_within(request.map, in) && fuzz_within(request.key, in));
            FUZZ_CHECK(request.map.len <= SOCKETMAP_MAP_MAX && request.key.len <= SOCKETMAP_KEY_MAX);
        }
        check_pieces(in, rc, used);
    }
    return 0;
}
