// SPDX-License-Identifier: BSD-2-Clause
// The rows of a daemon's option table: a row is parse, default, bounds, reload rule and introspection of an
// option.
#ifndef CONF_CONF_OPTION_H
#define CONF_CONF_OPTION_H

#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    // Returns whether the value is right; if not, `problem` says what a right one is. NULL: no check.
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

#endif
