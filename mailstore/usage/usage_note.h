// SPDX-License-Identifier: BSD-2-Clause
// The note of a user's usage as Dovecot writes it (quota_clone with a file dict), in which each key is
// followed by its value, a line each. Its file is USER.usage; a user of more than USAGE_HEAD bytes, which
// would not fit into a file's name, has its first bytes in HEAD.usage, in a folder with the rest as its name.
// Pure.
#ifndef MAILSTORE_USAGE_USAGE_NOTE_H
#define MAILSTORE_USAGE_USAGE_NOTE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define USAGE_SUFFIX ".usage"
#define USAGE_NOTE_MAX 512 // bytes of a file; Dovecot writes about fifty
#define USAGE_HEAD 240     // as packaging/dovecot has it: Dovecot adds ".usage" and, for a moment, ".tmp"
#define USAGE_USER_MAX 512 // bytes of a user's name, with NUL

struct usage_note {
    int64_t bytes, messages;
};

// Writes the user whose note is the file `name` in the folder `tail`, "" for the first folder. Returns false
// if it is no note. Users are printable ASCII (auth_username_chars).
bool usage_note_user(struct slice tail, struct slice name, char out[USAGE_USER_MAX])
    __attribute__((warn_unused_result));

// Reads the text of a note. Returns false if a value is missing or no number.
bool usage_note_read(struct slice text, struct usage_note *note) __attribute__((warn_unused_result));

#endif
