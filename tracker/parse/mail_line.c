// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/mail_line.h"

#include "tracker/parse/mail_line_programs.h"

struct reader {
    struct slice program;
    void (*read)(struct slice text, struct mail_line *out);
    bool stores;
};

static const struct reader readers[] = {
    {SLICE("smtpd"), mail_line_smtpd, false},
    {SLICE("cleanup"), mail_line_cleanup, false},
    {SLICE("qmgr"), mail_line_qmgr, false},
    {SLICE("smtp"), mail_line_delivery, false},
    {SLICE("lmtp"), mail_line_delivery, true},
    {SLICE("error"), mail_line_delivery, false},
    {SLICE("retry"), mail_line_delivery, false},
    {SLICE("bounce"), mail_line_bounce, false},
    {SLICE("emailgency-policyd"), mail_line_policyd, false},
    {SLICE("emailgency-milter"), mail_line_milter, false},
    {SLICE("pickup"), mail_line_pickup, false},
    {SLICE("postscreen"), mail_line_smtpd, false},
    {SLICE("local"), mail_line_delivery, true},
    {SLICE("virtual"), mail_line_delivery, true},
    {SLICE("pipe"), mail_line_delivery, true},
    {SLICE("discard"), mail_line_delivery, false},
    {SLICE("nqmgr"), mail_line_qmgr, false},
    {SLICE("oqmgr"), mail_line_qmgr, false},
    {SLICE("postsuper"), mail_line_postsuper, false},
};

static const struct reader *find_reader(struct slice program)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (slice_equal(readers[i].program, program))
            return &readers[i];
    return NULL;
}

// Complaints of any Postfix program, which are about no message (Postfix src/util/msg_output.c).
static bool is_complaint(struct slice text)
{
    static const struct slice words[] = {SLICE("warning: "),
                                         SLICE("fatal: "),
                                         SLICE("error: "),
                                         SLICE("panic: "),
                                         SLICE("statistics: "),
                                         SLICE("table "),
                                         SLICE("using backwards-compatible")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_has_prefix(text, words[i]))
            return true;
    return false;
}

void mail_line_parse(struct log_clock *clock, struct slice line, struct mail_line *out)
{
    struct log_head head;
    *out = (struct mail_line){.kind = MAIL_LINE_UNKNOWN, .size = -1, .recipients = -1, .delay = -1};
    if (!log_head_parse(clock, line, &head))
        return;
    const struct reader *reader = find_reader(head.program);
    out->time = head.time;
    out->pid = head.pid;
    if (!reader || is_complaint(head.text)) {
        out->kind = MAIL_LINE_OTHER;
        return;
    }
    out->is_stored = reader->stores;
    reader->read(head.text, out);
}
