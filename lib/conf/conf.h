// SPDX-License-Identifier: BSD-2-Clause
// A daemon's configuration as one table: a row is parse, default, bounds, reload rule and introspection of an
// option. The file is `key = value`, one per line, read by libconfuse: a value may stand bare, as in
// unix:/run/x.sock, 127.0.0.1:9000 or 0660; with blanks or one of # = { } ( ) + , in it, or empty, it stands
// in double quotes, within which \" \\ and \$ stand for themselves. ${NAME} is the environment's. "#" starts
// a comment. A key stands once.
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type {
    CONF_TYPE_BOOL,   // bool
    CONF_TYPE_NUMBER, // int64_t
    CONF_TYPE_TEXT,   // char *, never NULL
    CONF_TYPE_SECRET // struct conf_secret: the value is a file's path; what is in it is never printed. A name
                     // without "/" is that of a systemd credential (systemd.exec(5), LoadCredential=)
};

enum conf_unit { CONF_UNIT_NONE, CONF_UNIT_MS, CONF_UNIT_SECONDS, CONF_UNIT_BYTES };

struct conf_secret {
    char *path;  // "" for none
    char *value; // the file's first line; "" where there is no path
};

struct conf_option {
    const char *key;
    enum conf_type type;
    enum conf_unit unit;
    size_t offset;        // of the field in the daemon's struct
    const char *fallback; // as it would stand in the file, without quotes
    int64_t min, max;     // of a number, inclusive
    bool reloadable;      // SIGHUP may change it; another one needs a restart, and says so
    // Whether the value is right; if not, `problem` says what a right one is. NULL: no check.
    bool (*check)(const char *value, struct problem *problem);
    const char *help; // what it does and its unit, one line
};

// The head of a row: key, type and field of CONF_STRUCT, the daemon's struct, which the file that holds the
// table defines. The rest of the row is named:
//     {CONF_MS(answer_within_ms), .fallback = "1800", .min = 50, .max = 2000, .help = "…"},
// The compiler refuses a field of another type. With _AS the key differs from the name of the field.
#define CONF_HEAD(name, kind, measure, ctype, member)                                                        \
    .key = (name), .type = (kind), .unit = (measure),                                                        \
    .offset = offsetof(CONF_STRUCT, member) + _Generic(((CONF_STRUCT *)0)->member, ctype : 0)
#define CONF_BOOL(member) CONF_HEAD(#member, CONF_TYPE_BOOL, CONF_UNIT_NONE, bool, member)
#define CONF_TEXT_AS(key, member) CONF_HEAD(key, CONF_TYPE_TEXT, CONF_UNIT_NONE, char *, member)
#define CONF_TEXT(member) CONF_TEXT_AS(#member, member)
#define CONF_SECRET_AS(key, member)                                                                          \
    CONF_HEAD(key, CONF_TYPE_SECRET, CONF_UNIT_NONE, struct conf_secret, member)
#define CONF_COUNT_AS(key, member) CONF_HEAD(key, CONF_TYPE_NUMBER, CONF_UNIT_NONE, int64_t, member)
#define CONF_COUNT(member) CONF_COUNT_AS(#member, member)
#define CONF_MS_AS(key, member) CONF_HEAD(key, CONF_TYPE_NUMBER, CONF_UNIT_MS, int64_t, member)
#define CONF_MS(member) CONF_MS_AS(#member, member)
#define CONF_SECONDS_AS(key, member) CONF_HEAD(key, CONF_TYPE_NUMBER, CONF_UNIT_SECONDS, int64_t, member)
#define CONF_SECONDS(member) CONF_SECONDS_AS(#member, member)
#define CONF_BYTES(member) CONF_HEAD(#member, CONF_TYPE_NUMBER, CONF_UNIT_BYTES, int64_t, member)

// The last row of a table.
#define CONF_END                                                                                             \
    {                                                                                                        \
        .key = NULL                                                                                          \
    }

enum conf_rc { CONF_OK, CONF_BAD };

// Reads `path` into `out` (zeroed by the caller, or filled by an earlier load, which is then freed and
// replaced only if everything is right). With path NULL all options have their defaults. On CONF_BAD a
// human-readable message is in `problem`: file, line, what is wrong and what would be right; `out` is as it
// was. Only one load at a time: libconfuse knows no other way.
enum conf_rc conf_load(const struct conf_option *table, size_t size, const char *path, void *out,
                       struct problem *problem) __attribute__((warn_unused_result));

// The same on a running daemon: options that are not reloadable keep their value, and each whose value in the
// file differs is named in a warning.
enum conf_rc conf_reload(const struct conf_option *table, size_t size, const char *path, void *inout,
                         struct problem *problem) __attribute__((warn_unused_result));

// Prints what is in force as a file that conf_load would read; secrets as their path.
void conf_print(const struct conf_option *table, const void *in, FILE *out);

// Also for a struct that is zeroed or half filled.
void conf_free(const struct conf_option *table, void *inout);

#endif
