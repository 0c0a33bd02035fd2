// SPDX-License-Identifier: BSD-2-Clause
// Findings of a check.
#ifndef CTL_CHECK_FINDING_H
#define CTL_CHECK_FINDING_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum finding_severity {
    FINDING_OK,
    FINDING_UNKNOWN, // cannot be looked at by this account
    FINDING_WARNING, // works, but not as a mail-continuity service should
    FINDING_ERROR,   // mail is lost, refused by mistake, routed wrong, or relayed for anybody
};

// The remedy: a text for a file, a command of root's shell, or a statement for psql.
enum finding_fix { FINDING_WRITE, FINDING_RUN, FINDING_SQL };

#define FINDING_MAX 512 // findings; more are only counted

struct finding {
    enum finding_severity severity;
    const char *subject; // "postfix", as of struct findings
    char parameter[192]; // "relay_domains", "smtp/inet/smtpd_recipient_restrictions"
    char says[384];      // the present value
    enum finding_fix fix;
    char write[512]; // what to write or run; empty: none
    char where[256]; // the file to write it in; empty: none
    const char *why; // NULL with FINDING_OK
};

struct findings {
    const char *subject; // of the findings that are added; NULL: none
    size_t count, errors, unknown;
    struct finding list[FINDING_MAX];
};

// Adds a finding, unless it is there already. `write` and `why` may be NULL; `why` must outlive the findings.
// Returns the finding that was added, or NULL.
struct finding *finding_add(struct findings *findings, enum finding_severity severity, const char *parameter,
                            const char *write, const char *why, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

// Give a finding its remedy; nothing happens where `finding` is NULL.
void finding_write(struct finding *finding, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void finding_run(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_sql(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds a FINDING_UNKNOWN about what this account may not look at; `problem` is the system's message.
void finding_unknown(struct findings *findings, const char *parameter, struct slice problem);

// Adds what the unreadable configuration of a daemon means for a check that needs it: unknown to an account
// that may not read it, else an error that `check files` explains.
void finding_of_conf(struct findings *findings, const char *parameter, struct slice problem);

// One line without line end: `severity: parameter: says; write "…" in FILE (why)`, or `run "…"`.
#define FINDING_LINE_MAX 2048
void finding_format(const struct finding *finding, char out[FINDING_LINE_MAX]);

// The finding as an object of jansson; NULL if out of memory.
struct json_t *finding_pack(const struct finding *finding);

// One line each, errors first; the JSON form is one object per line. Return false if the stream failed.
bool finding_print(const struct findings *findings, FILE *out) __attribute__((warn_unused_result));
bool finding_print_json(const struct findings *findings, FILE *out) __attribute__((warn_unused_result));

// Likewise, but in place of what is right one line per subject, with their number.
bool finding_print_brief(const struct findings *findings, FILE *out) __attribute__((warn_unused_result));

#endif
