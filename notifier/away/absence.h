// SPDX-License-Identifier: BSD-2-Clause
// An absence of the database, as the spool has it: what the operator was sent about it survives a restart.
//   away AT | sent ADDRESS | back AT | ended ADDRESS
#ifndef NOTIFIER_AWAY_ABSENCE_H
#define NOTIFIER_AWAY_ABSENCE_H

#include "notifier/spool/spool_file.h"

#include <stdint.h>

#define ABSENCE_CONTACTS_MAX 10
#define ABSENCE_ADDRESS_MAX 330

struct absence_contact {
    char address[ABSENCE_ADDRESS_MAX]; // a mail address, or a number of E.164
    bool sent, ended;                  // the message about the begin, and that about the end
};

struct absence {
    int64_t since, until; // seconds since 1970; 0: not yet. `since` is set when the operator is to be alerted
    struct absence_contact contacts[ABSENCE_CONTACTS_MAX];
    unsigned count;
};

// Reads what an earlier process left.
void absence_read(struct absence *absence, struct spool_file *file);

// Each notes it in the file, and waits for the disk.
void absence_begin(struct absence *absence, struct spool_file *file, int64_t since);
// It goes on: those who got the message about its end get one about the begin again.
void absence_resume(struct absence *absence, struct spool_file *file);
void absence_end(struct absence *absence, struct spool_file *file, int64_t until);
void absence_set_sent(struct absence *absence, struct spool_file *file, unsigned contact);
void absence_set_ended(struct absence *absence, struct spool_file *file, unsigned contact);
void absence_clear(struct absence *absence, struct spool_file *file);

// Adds a contact that is not there yet; without room it is left out.
void absence_add_contact(struct absence *absence, struct slice address);

// The next contact that is to be sent a message, from `first` on; ABSENCE_CONTACTS_MAX: none. The end is
// sent to those who got the begin.
unsigned absence_next(const struct absence *absence, unsigned first);

#endif
