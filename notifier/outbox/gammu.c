// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/gammu.h"

void gammu_insert(struct pg *pg, const char *to, const char *text, const char *id,
                  void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg), void *arg)
{
    static const char sql[] =
        "insert into outbox (\"DestinationNumber\", \"TextDecoded\", \"CreatorID\", \"Coding\") "
        "select $1::text, $2::text, $3::text, 'Default_No_Compression' "
        "where not exists (select from outbox where \"CreatorID\" = $3::text) "
        "and not exists (select from sentitems where \"CreatorID\" = $3::text)";
    const char *values[] = {to, text, id};
    pg_send(pg, &(struct pg_statement){.name = "gammu_insert",
                                       .sql = sql,
                                       .count = 3,
                                       .values = values,
                                       .on_result = on_result,
                                       .arg = arg});
}
