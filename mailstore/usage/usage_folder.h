// SPDX-License-Identifier: BSD-2-Clause
// The folder into which Dovecot writes a note per user whose usage changed. A note is taken by moving it into
// the folder "+taken" below, so that a later one of the same user is a file of its own, and is removed once
// the database has it. Folders of long names (usage_note.h) are as many as lengths of users in domains of 48
// bytes or more; they stay.
#ifndef MAILSTORE_USAGE_USAGE_FOLDER_H
#define MAILSTORE_USAGE_USAGE_FOLDER_H

#include "mailstore/usage/usage_note.h"

#define USAGE_BATCH 200

struct usage_folder {
    const char *path; // borrowed
    int notes, taken; // file descriptors; -1: not open
};

struct usage_taken {
    char user[USAGE_USER_MAX];
    struct usage_note note;
    bool readable; // false: the usage is not known
};

void usage_folder_init(struct usage_folder *folder, const char *path);
void usage_folder_finish(struct usage_folder *folder);

// Opens it where it is not open, for one process at a time. Returns false with errno set; EWOULDBLOCK:
// another process has it.
bool usage_folder_open(struct usage_folder *folder) __attribute__((warn_unused_result));

// Takes up to USAGE_BATCH notes: new ones first, then those that were taken before. Returns how many.
size_t usage_folder_take(struct usage_folder *folder, struct usage_taken *batch);

// Removes a note that was taken.
void usage_folder_remove(struct usage_folder *folder, const struct usage_taken *taken);

#endif
