// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/away/absence.h"

#include <inttypes.h>
#include <string.h>

static struct absence_contact *find(struct absence *absence, struct slice address)
{
    for (unsigned i = 0; i < absence->count; i++)
        if (slice_equal(slice_from(absence->contacts[i].address), address))
            return &absence->contacts[i];
    return NULL;
}

void absence_add_contact(struct absence *absence, struct slice address)
{
    struct absence_contact *contact = &absence->contacts[absence->count];
    if (absence->count == ABSENCE_CONTACTS_MAX || address.len == 0 || find(absence, address) ||
        !slice_copy(address, contact->address, sizeof contact->address))
        return;
    contact->sent = contact->ended = false;
    absence->count++;
}

static bool read_line(struct slice line, void *arg)
{
    struct absence *absence = arg;
    struct slice word, value;
    unsigned long long at = 0;
    if (!slice_split(line, ' ', &word, &value) || value.len == 0)
        return false;
    if (slice_equal(word, SLICE("away")) && slice_number(value, INT64_MAX, &at)) {
        *absence = (struct absence){.since = (int64_t)at};
        return true;
    }
    if (slice_equal(word, SLICE("back")) && slice_number(value, INT64_MAX, &at)) {
        absence->until = (int64_t)at;
        return true;
    }
    absence_add_contact(absence, value);
    struct absence_contact *contact = find(absence, value);
    if (!contact)
        return false;
    contact->sent = true;
    contact->ended = contact->ended || slice_equal(word, SLICE("ended"));
    return true;
}

void absence_read(struct absence *absence, struct spool_file *file)
{
    *absence = (struct absence){.since = 0};
    (void)spool_file_read(file, read_line, absence);
}

static void note_time(struct spool_file *file, const char *word, int64_t at)
{
    char line[64];
    snprintf(line, sizeof line, "%s %" PRId64, word, at);
    (void)spool_file_add(file, line);
    spool_file_sync(file);
}

static void note_contact(struct spool_file *file, const char *word, const struct absence_contact *contact)
{
    char line[ABSENCE_ADDRESS_MAX + 16];
    snprintf(line, sizeof line, "%s %s", word, contact->address);
    (void)spool_file_add(file, line);
    spool_file_sync(file);
}

void absence_begin(struct absence *absence, struct spool_file *file, int64_t since)
{
    *absence = (struct absence){.since = since};
    spool_file_clear(file);
    note_time(file, "away", since);
}

void absence_resume(struct absence *absence, struct spool_file *file)
{
    absence->until = 0;
    spool_file_clear(file);
    note_time(file, "away", absence->since);
    for (unsigned i = 0; i < absence->count; i++) {
        struct absence_contact *contact = &absence->contacts[i];
        contact->sent = contact->sent && !contact->ended;
        contact->ended = false;
        if (contact->sent)
            note_contact(file, "sent", contact);
    }
}

void absence_end(struct absence *absence, struct spool_file *file, int64_t until)
{
    absence->until = until;
    note_time(file, "back", until);
}

void absence_set_sent(struct absence *absence, struct spool_file *file, unsigned contact)
{
    absence->contacts[contact].sent = true;
    note_contact(file, "sent", &absence->contacts[contact]);
}

void absence_set_ended(struct absence *absence, struct spool_file *file, unsigned contact)
{
    absence->contacts[contact].ended = true;
    note_contact(file, "ended", &absence->contacts[contact]);
}

void absence_clear(struct absence *absence, struct spool_file *file)
{
    *absence = (struct absence){.since = 0};
    spool_file_clear(file);
    spool_file_sync(file);
}

unsigned absence_next(const struct absence *absence, unsigned first)
{
    for (unsigned i = 0; i < absence->count; i++) {
        const unsigned at = (first + i) % absence->count;
        const struct absence_contact *contact = &absence->contacts[at];
        if (absence->until ? contact->sent && !contact->ended : !contact->sent)
            return at;
    }
    return ABSENCE_CONTACTS_MAX;
}
