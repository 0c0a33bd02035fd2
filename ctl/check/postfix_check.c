// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postfix_check.h"

void postfix_check(const struct postfix_check *check)
{
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
}
