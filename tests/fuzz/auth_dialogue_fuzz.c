// SPDX-License-Identifier: BSD-2-Clause
// Input: what Dovecot's auth process sends. An answer stays one, whatever follows it.
#include "consoleauth/dovecot/auth_dialogue.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum auth_dialogue_rc known = AUTH_DIALOGUE_MORE;
    for (size_t len = 0; len <= size && len <= 4 * AUTH_DIALOGUE_MAX; len++) {
        const enum auth_dialogue_rc rc = auth_dialogue_read(slice_make((const char *)data, len));
        FUZZ_CHECK(rc == known || known == AUTH_DIALOGUE_MORE || known == AUTH_DIALOGUE_BROKEN);
        known = rc;
    }
    return 0;
}
