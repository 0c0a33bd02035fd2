// SPDX-License-Identifier: BSD-2-Clause
// Fields of a form, read as a payload and as a ticket: nothing is right but what was signed.
#include "altcha/altcha.h"
#include "altcha/altcha_ticket.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct altcha_keys keys = {.current = "a key of the harness, 32 characters",
                                            .previous = "the key before that, 32 characters"};
    static const struct altcha_place place = {.form = "login", .network = "192.0.2.0/24"};
    const struct slice in = slice_make((const char *)data, size);
    struct altcha_solution solution;
    struct altcha_use use;
    const enum altcha_rc rc = altcha_read(&keys, "login", 1796000000, in, &solution);
    FUZZ_CHECK(rc == ALTCHA_MALFORMED || rc == ALTCHA_FORGED);
    const enum altcha_rc ticket = altcha_ticket_read(&keys, &place, 1796000000, in, &use);
    FUZZ_CHECK(ticket == ALTCHA_MALFORMED || ticket == ALTCHA_FORGED);
    return 0;
}
