// SPDX-License-Identifier: BSD-2-Clause
// A daemon's configuration as one table (conf/conf_option.h). The file is `key = value`, one per line, read
// by libconfuse. A value may be bare, as in unix:/run/x.sock, 127.0.0.1:9000 or 0660; a value with blanks or
// one of # = { } ( ) + , in it, or an empty one, is written in double quotes, within which \" \\ and \$ are
// the literal characters. ${NAME} is the environment's. "#" starts a comment. A key is set at most once.
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "conf/conf_option.h"

#include <stdio.h>

enum conf_rc { CONF_OK, CONF_BAD };

// Reads `path` into `out` (zeroed by the caller, or filled by an earlier load, which is then freed and
// replaced only if everything is right). With path NULL all options have their defaults. On CONF_BAD a
// human-readable message is in `problem`: file, line, what is wrong and what would be right; `out` is as it
// was. Only one load at a time: libconfuse passes no argument to its callbacks.
enum conf_rc conf_load(const struct conf_option *table, size_t size, const char *path, void *out,
                       struct problem *problem) __attribute__((warn_unused_result));

// The same for another program than the daemon, which has a table of those options only that it uses: other
// keys are skipped.
enum conf_rc conf_load_part(const struct conf_option *table, size_t size, const char *path, void *out,
                            struct problem *problem) __attribute__((warn_unused_result));

// conf_load on a running daemon, with path NULL too: options that are not reloadable keep their value, and
// each whose value in the file differs is named in a warning.
enum conf_rc conf_reload(const struct conf_option *table, size_t size, const char *path, void *inout,
                         struct problem *problem) __attribute__((warn_unused_result));

// Prints what is in force as a file that conf_load would read; secrets as their path.
void conf_print(const struct conf_option *table, const void *in, FILE *out);

// Also for a struct that is zeroed or half filled.
void conf_free(const struct conf_option *table, void *inout);

#endif
