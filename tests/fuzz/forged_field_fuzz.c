// SPDX-License-Identifier: BSD-2-Clause
// Input: a field's value. What our own writers make of it as a name must be found, and so must a field that
// has it after our name.
#include "fuzz.h"
#include "milter/headers/auth_results.h"
#include "milter/headers/forged_field.h"
#include "milter/headers/received_spf.h"

static const struct slice own = {"mx.xn--bcher-kva.example", 24};

static void check_prefixed(struct slice value)
{
    char field[4096];
    const int head = snprintf(field, sizeof field, "%s;", own.ptr);
    if ((size_t)head + value.len > sizeof field)
        return;
    memcpy(field + head, value.ptr, value.len);
    FUZZ_CHECK(forged_field_auth_results(SLICE("Authentication-Results"),
                                         slice_make(field, (size_t)head + value.len), own));
}

static void check_written(struct slice value)
{
    char field[RECEIVED_SPF_MAX];
    const struct spf_policy policy = {.wide_is_neutral = true};
    struct spf_findings spf = {
        .client = {.bits = 32}, .mail_from = {.checked = true}, .helo = {.checked = true}};
    const struct spf_report report = {.receiver = own, .sender = value, .spf = &spf, .policy = &policy};
    (void)slice_copy(value, spf.helo_name, sizeof spf.helo_name);
    auth_results_write(&report, field);
    FUZZ_CHECK(forged_field_auth_results(SLICE("Authentication-Results"), slice_from(field), own));
    received_spf_write(&report, field);
    FUZZ_CHECK(forged_field_received_spf(SLICE("received-spf"), slice_from(field), own));
}

// Whatever is found in a value is found in it in lower case, and the other way round.
static void check_case(struct slice value)
{
    char lower[4096];
    if (!slice_copy_lower(value, lower, sizeof lower))
        return;
    const struct slice folded = slice_make(lower, value.len);
    FUZZ_CHECK(forged_field_auth_results(SLICE("Authentication-Results"), value, own) ==
               forged_field_auth_results(SLICE("Authentication-Results"), folded, own));
    FUZZ_CHECK(forged_field_received_spf(SLICE("Received-SPF"), value, own) ==
               forged_field_received_spf(SLICE("Received-SPF"), folded, own));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice value = slice_make((const char *)data, size);
    FUZZ_CHECK(!forged_field_auth_results(SLICE("Subject"), value, own));
    check_case(value);
    check_prefixed(value);
    check_written(value);
    return 0;
}
