// SPDX-License-Identifier: BSD-2-Clause
// Reads log lines of Postfix and of our daemons.
#ifndef TRACKER_PARSE_MAIL_LINE_H
#define TRACKER_PARSE_MAIL_LINE_H

#include "tracker/parse/log_head.h"
#include "tracker/parse/mail_line_fields.h"

// Reads a line. Its kind is in `out->kind`; MAIL_LINE_UNKNOWN also where it has no head that is known.
void mail_line_parse(struct log_clock *clock, struct slice line, struct mail_line *out);

#endif
