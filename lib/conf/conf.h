// SPDX-License-Identifier: BSD-2-Clause
// A daemon's configuration as one table: a row is parse, default, bounds, reload rule and introspection of an
// option. The file is `key = value`, one a line, read by libconfuse: a value may stand bare, as in
// unix:/run/x.sock, 127.0.0.1:9000 or 0660; with blanks or one of # = { } ( ) + , in it, or empty, it stands
// in double quotes, within which \" \\ and \$ stand for themselves. ${NAME} is the environment's. "#" starts
// a comment. A key stands once.
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type {
    CONF_BOOL,   // bool
    CONF_NUMBER, // int64_t
    CONF_TEXT,   // char *, never NULL
    CONF_SECRET  // struct conf_secret: the value is a file's path; what is in it is never printed. A name
                 // without "/" is that of a systemd credential (systemd.exec(5), LoadCredential=)
};

struct conf_secret {
    char *path;  // "" for none
    char *value; // the file's first line; "" where there is no path
};

struct conf_option {
    const char *key;
    enum conf_type type;
    size_t offset;        // of the field in the daemon's struct
    const char *fallback; // as it would stand in the file, without quotes
    int64_t min, max;     // CONF_NUMBER, inclusive
    bool reloadable;      // SIGHUP may change it; another one needs a restart, and says so
    // NULL, or a check that returns NULL or what is wrong with `value` and a right one.
    const char *(*check)(const char *value);
    const char *help; // what it does and its unit, one line
};

// The last row of a table.
#define CONF_END                                                                                             \
    {                                                                                                        \
        .key = NULL                                                                                          \
    }

enum conf_rc { CONF_OK, CONF_BAD };

// Reads `path` into `out` (zeroed by the caller, or filled by an earlier load, which is then freed and
// replaced only if everything is right). With path NULL all options have their defaults. On CONF_BAD one line
// for people is in `problem`: file, line, what is wrong and what would be right; `out` is as it was. Only one
// load at a time: libconfuse knows no other way.
enum conf_rc conf_load(const struct conf_option *table, size_t size, const char *path, void *out,
                       char *problem, size_t problem_size) __attribute__((warn_unused_result));

// The same on a running daemon: options that are not reloadable keep their value, and each whose value in the
// file differs is named in a warning.
enum conf_rc conf_reload(const struct conf_option *table, size_t size, const char *path, void *inout,
                         char *problem, size_t problem_size) __attribute__((warn_unused_result));

// Prints what is in force as a file that conf_load would read; secrets as their path.
void conf_print(const struct conf_option *table, const void *in, FILE *out);

// Also for a struct that is zeroed or half filled.
void conf_free(const struct conf_option *table, void *inout);

#endif
