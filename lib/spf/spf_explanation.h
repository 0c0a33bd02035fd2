// SPDX-License-Identifier: BSD-2-Clause
// The explanation of a fail: exp= (RFC 7208 section 6.2).
#ifndef SPF_SPF_EXPLANATION_H
#define SPF_SPF_EXPLANATION_H

#include "spf/check_host.h"

// Finds it for a fail by record `record`, and leaves it empty where there is none or anything is wrong with
// it. The check may wait then. Its look-ups count against no limit.
void spf_explanation_find(struct check_host *check, unsigned record);

#endif
