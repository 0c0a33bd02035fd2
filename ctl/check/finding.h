// SPDX-License-Identifier: BSD-2-Clause
// Findings of a check.
#ifndef CTL_CHECK_FINDING_H
#define CTL_CHECK_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum finding_severity {
    FINDING_OK,
    FINDING_WARNING, // works, but not as a mail-continuity service should
    FINDING_ERROR,   // mail is lost, refused by mistake, routed wrong, or relayed for anybody
};

#define FINDING_MAX 256 // findings; more are only counted

struct finding {
    enum finding_severity severity;
    char parameter[128]; // "relay_domains", "smtp/inet/smtpd_recipient_restrictions"
    char says[384];      // the present value
    char write[384];     // the text to write instead; empty: none
    const char *why;     // NULL with FINDING_OK
};

struct findings {
    size_t count, errors;
    struct finding list[FINDING_MAX];
};

// Adds a finding, unless it is there already. `write` and `why` may be NULL; `why` must outlive the findings.
void finding_add(struct findings *findings, enum finding_severity severity, const char *parameter,
                 const char *write, const char *why, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

// One line without line end: `severity: parameter: says; write "…" (why)`.
#define FINDING_LINE_MAX 1536
void finding_format(const struct finding *finding, char out[FINDING_LINE_MAX]);

// The finding as an object of jansson; NULL if out of memory.
struct json_t *finding_pack(const struct finding *finding);

// One line each, errors first; the JSON form is one object per line. Return false if the stream failed.
bool finding_print(const struct findings *findings, FILE *out) __attribute__((warn_unused_result));
bool finding_print_json(const struct findings *findings, FILE *out) __attribute__((warn_unused_result));

#endif
