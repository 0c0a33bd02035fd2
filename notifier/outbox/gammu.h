// SPDX-License-Identifier: BSD-2-Clause
// Messages for a modem: rows of table outbox of gammu-smsd(1) (gammu-smsd-tables(7)).
#ifndef NOTIFIER_OUTBOX_GAMMU_H
#define NOTIFIER_OUTBOX_GAMMU_H

#include "pg/pg.h"

// Inserts a message, unless one with this `id` waits or was sent: it is safe to insert it again when nobody
// knows whether it was. The arguments are those of struct pg_statement.
void gammu_insert(struct pg *pg, const char *to, const char *text, const char *id,
                  void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg), void *arg);

#endif
