// SPDX-License-Identifier: BSD-2-Clause
// A greylist under test beside a real PostgreSQL. A test asks for clients of network 198.51.1.0/24, of which
// three may wait.
#ifndef GREYLIST_FIXTURE_H
#define GREYLIST_FIXTURE_H

#include "database_fixture.h"
#include "policyd/greylist/greylist.h"

enum { TIMEOUT_MS = 500 };

struct answer {
    unsigned times;
    enum greylist_outcome outcome; // GREYLIST_RETURNED is GREYLIST_PASS here, with `returned`
    bool returned;
};

extern struct event_base *base;
extern struct greylist *greylist;

// Connected, with an empty table, and with the settings in `rows` or those of the fixture.
int greylist_setup_rows(const char *rows);
int greylist_setup(void **state);
int greylist_teardown(void **state);

// Another node.
struct greylist *greylist_open(void);
bool is_connected(void *arg); // `arg`: the greylist

void on_answer(enum greylist_outcome outcome, void *arg);
bool is_answered(void *arg); // `arg`: struct answer

// A client whose name holds "/" is a network, any other is a confirmed name; `network` is the third octet.
struct greylist_ask *ask_of(struct greylist *of, const char *client, int network, const char *sender,
                            const char *recipient, greylist_callback callback, void *arg);
struct greylist_ask *ask(const char *client, const char *sender, struct answer *answer);

// Asks and waits.
enum greylist_outcome outcome(const char *client, const char *sender);
bool passes(const char *client, const char *sender);

// Moves all rows back in time.
void age(const char *interval);
const char *count_rows(void);

#endif
