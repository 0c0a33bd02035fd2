// SPDX-License-Identifier: BSD-2-Clause
// Alerts the operator that this node cannot reach the database, and that it can again, without the database:
// by mail, and by SMS to contacts that are numbers. Each contact gets each message once, also across a
// restart. The absence is then noted in the database.
#ifndef NOTIFIER_AWAY_ABSENCE_ALERT_H
#define NOTIFIER_AWAY_ABSENCE_ALERT_H

#include "directory/directory.h"
#include "notifier/away/database_watch.h"
#include "notifier/outbox/mail_sender.h"
#include "notifier/outbox/sms_sender.h"
#include "pg/pg.h"

struct absence_alert;

// All is borrowed.
struct absence_alert_spec {
    struct pg *pg;
    struct directory *directory;
    const char *node, *host;
    const char *spool;    // path of the file; "": none
    const char *contacts; // option operator_contacts
    int64_t after_ms;     // of an absence; 0: no alert
    struct mail_sender_spec mail;
    struct sms_sender *sms;
};

// Returns NULL if out of memory.
struct absence_alert *absence_alert_create(struct event_base *base, const struct absence_alert_spec *spec);
// The database must have been destroyed before. NULL is allowed.
void absence_alert_destroy(struct absence_alert *alert);

// To be called once a second: the state of the database, its last answer (seconds since 1970), and how
// long ago that is.
void absence_alert_turn(struct absence_alert *alert, enum database_state state, int64_t answered_at,
                        int64_t silent_ms);

// Returns whether the operator knows all that is to be known: no alert waits for a contact, longer than the
// first attempt takes.
bool absence_alert_is_settled(const struct absence_alert *alert);

#endif
