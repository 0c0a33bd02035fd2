// SPDX-License-Identifier: BSD-2-Clause
// Has the database judge every few seconds who sent too much: it denies sending to them, and opens and ends
// the incidents. Never in the path of a request; every node does it.
#ifndef POLICYD_OUTBOUND_SENDING_JUDGE_H
#define POLICYD_OUTBOUND_SENDING_JUDGE_H

#include "pg/pg.h"

struct sending_judge;

// `pg` is borrowed: a connection that no request waits for, to be destroyed before this. Returns NULL only if
// out of memory.
struct sending_judge *sending_judge_create(struct event_base *base, struct pg *pg);
void sending_judge_destroy(struct sending_judge *judge);

#endif
