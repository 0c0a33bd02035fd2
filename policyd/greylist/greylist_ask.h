// SPDX-License-Identifier: BSD-2-Clause
// A pending look-up of greylisting.
#ifndef POLICYD_GREYLIST_GREYLIST_ASK_H
#define POLICYD_GREYLIST_GREYLIST_ASK_H

#include "policyd/decide/policy_facts.h"

struct greylist_ask;

typedef void (*greylist_callback)(enum greylist_outcome outcome, void *arg);

#endif
