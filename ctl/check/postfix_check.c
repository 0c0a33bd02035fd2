// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"

#include "ctl/check/check_place.h"

void postfix_check(const struct postfix_check *check)
{
    const size_t first = check->findings->count;
    check_relay(check);
    check_smtpd(check);
    check_policy(check);
    check_milter(check);
    check_maps(check);
    check_classes(check);
    check_store(check);
    check_verify(check);
    check_delivery(check);
    check_strict(check);
    check_tables(check);
    check_place(check->postconf, check->findings, first);
}
