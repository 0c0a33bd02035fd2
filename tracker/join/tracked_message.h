// SPDX-License-Identifier: BSD-2-Clause
// A message that is in flight. Texts are kept only until they are in the database.
#ifndef TRACKER_JOIN_TRACKED_MESSAGE_H
#define TRACKER_JOIN_TRACKED_MESSAGE_H

#include "base/slice.h"

#include <stdint.h>

struct smtp_session;

#define TRACKED_QUEUE_ID_MAX 21
enum { TRACKED_DOMAINS = 8 };

enum tracked_text {
    TRACKED_CLIENT,
    TRACKED_CLIENT_NAME,
    TRACKED_HELO,
    TRACKED_TLS,
    TRACKED_LOGIN,
    TRACKED_SENDER,
    TRACKED_MESSAGE_ID,
    TRACKED_PARENT,
    TRACKED_TEXTS
};

struct tracked_message {
    int64_t id;   // position of its first line
    int64_t time; // of that line, as the next: microseconds since 1970, -1: not yet
    int64_t queued, removed;
    int64_t size, recipients;              // -1: not known
    struct tracked_message *chain;         // of one bucket, while it has a queue id
    struct tracked_message *older, *newer; // all
    struct tracked_message *next_dirty;
    struct smtp_session *session; // whose transaction it is; NULL: none
    char *texts;                  // one after the other
    uint16_t starts[TRACKED_TEXTS], lengths[TRACKED_TEXTS];
    uint16_t known; // a bit per text, also of empty ones
    uint16_t used;
    uint32_t domains[TRACKED_DOMAINS]; // hashes of what it had events of
    char queue_id[TRACKED_QUEUE_ID_MAX];
    uint8_t domain_count;
    bool is_listed;  // has a queue id and is found by it
    bool is_orphan;  // known by its queue id only, since its first lines were not seen
    bool has_origin; // a client, pickup or a parent brought it
    bool has_event;
    bool is_deferred; // once, at least
    bool is_probe;    // of verify(8): not kept
    bool is_dirty;    // has what the database has not
    bool is_written;  // has a row
    bool is_gone;     // to be freed once it is written
};

// NULL if out of memory.
struct tracked_message *tracked_message_create(int64_t id, int64_t time);
void tracked_message_destroy(struct tracked_message *message);

// Keeps a copy of at most `max` bytes, unless there is a text already or none is given.
void tracked_message_put(struct tracked_message *message, enum tracked_text text, struct slice value,
                         size_t max);
// Without a pointer where there is none.
struct slice tracked_message_text(const struct tracked_message *message, enum tracked_text text);
// Forgets all texts but the login.
void tracked_message_shrink(struct tracked_message *message);

enum tracked_first { TRACKED_FIRST, TRACKED_AGAIN, TRACKED_UNSURE };

// Notes an event. Returns whether it is the first of its kind; TRACKED_UNSURE: a message of very many
// domains.
enum tracked_first tracked_message_first(struct tracked_message *message, uint32_t hash);

#endif
