// SPDX-License-Identifier: BSD-2-Clause
// The operator's contacts without the database: of option operator_contacts, else of the setting as the
// replica has it, else setting postmaster.
#ifndef NOTIFIER_AWAY_ABSENCE_CONTACTS_H
#define NOTIFIER_AWAY_ABSENCE_CONTACTS_H

#include "base/problem.h"
#include "directory/directory.h"
#include "notifier/away/absence.h"

// Check of the option: mail addresses and telephone numbers, separated by blanks; "" is right, too.
bool absence_contacts_check(const char *value, struct problem *problem);

// Adds those that are not there yet.
void absence_contacts_add(struct absence *absence, const char *option, struct directory *directory);

#endif
