// SPDX-License-Identifier: BSD-2-Clause
// The layout of the store as Dovecot has it: where users and Undelivered are, and what their names mean.
// emailgency-store.conf states its number as a field of each user. A keeper that was built for another one
// deletes and moves nothing, since a command could reach other mail than it means.
#ifndef MAILSTORE_ROUNDS_STORE_LAYOUT_H
#define MAILSTORE_ROUNDS_STORE_LAYOUT_H

#include "mailstore/doveadm/doveadm.h"

// emailgency_layout in packaging/dovecot/emailgency-store.conf.
#define STORE_LAYOUT "1"

// Registers the fault and the metric.
void store_layout_register(void);

// Returns whether Dovecot stated the right layout within the last seconds: it need not be asked again.
bool store_layout_proved(void);

// The command that asks for the layout of a user. `mask`, two pointers of the caller's, is borrowed as the
// command is.
struct doveadm_request store_layout_request(const char *user, const char *mask[2]);

// Returns whether that is the answer with the right layout. Reports another one, at most once per hour; that
// there is no answer is for the caller.
bool store_layout_is_right(const struct doveadm_answer *answer);

#endif
