// SPDX-License-Identifier: BSD-2-Clause
// International domains as the DNS has them (RFC 5890).
#ifndef MILTER_A_LABEL_H
#define MILTER_A_LABEL_H

#include "base/slice.h"

// Writes `address`, whose domain may be in UTF-8, with its domain in A-labels: what SPF looks up (RFC 8616
// section 4). An address without such a domain, or with one that has no A-labels, is written as it is. False
// where it does not fit.
bool a_label_address(struct slice address, char *out, size_t size) __attribute__((warn_unused_result));

#endif
