// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_master_cf.h"

#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_submission.h"

#define SUBMISSION SLICE("submission")
#define RELAY "# Routes name this transport.\nrelay     unix  -       -       y       -       -       smtp\n"

// The first line of a service.
struct head {
    struct slice name, type, command;
};

static bool read_head(struct slice line, struct head *out)
{
    struct slice words[8];
    if (setup_line_kind(line) != SETUP_LINE_START)
        return false;
    for (size_t i = 0; i < 8; i++)
        if (!setup_word_next(&line, &words[i]))
            return false;
    *out = (struct head){words[0], words[1], words[7]};
    return true;
}

// The service's port, without an address: "587" of "192.0.2.1:587".
static struct slice port_of(const struct head *head)
{
    struct slice address, port;
    return slice_split_last(head->name, ':', &address, &port) ? port : head->name;
}

static bool is_port(const struct head *head, const char *const *names)
{
    for (; *names; names++)
        if (slice_equal(port_of(head), slice_from(*names)))
            return slice_equal(head->type, SLICE("inet")) && slice_equal(head->command, SLICE("smtpd"));
    return false;
}

static bool is_starttls(const struct head *head)
{
    static const char *const names[] = {"submission", "587", NULL};
    return is_port(head, names);
}

static bool is_wrapped(const struct head *head)
{
    static const char *const names[] = {"submissions", "smtps", "465", NULL};
    return is_port(head, names);
}

static bool is_same(const struct head *present, const struct head *shipped)
{
    if (slice_equal(shipped->name, SUBMISSION))
        return is_starttls(present);
    return slice_equal(present->name, shipped->name) && slice_equal(present->type, shipped->type);
}

static bool has_service(struct slice text, const struct head *shipped)
{
    struct head head;
    while (text.len)
        if (read_head(setup_line_next(&text), &head) && is_same(&head, shipped))
            return true;
    return false;
}

// The lines of the service that begins at `text`, up to its last line that is no comment.
static struct slice service_lines(struct slice text)
{
    struct slice rest = text;
    size_t len = setup_line_next(&rest).len;
    while (rest.len) {
        const char *start = rest.ptr;
        const struct slice line = setup_line_next(&rest);
        const enum setup_line kind = setup_line_kind(line);
        if (kind == SETUP_LINE_START)
            break;
        if (kind == SETUP_LINE_MORE)
            len = (size_t)(start - text.ptr) + line.len;
    }
    return slice_make(text.ptr, len);
}

static struct slice find_service(struct slice text, struct slice name)
{
    struct head head;
    while (text.len) {
        const struct slice at = text;
        if (read_head(setup_line_next(&text), &head) && slice_equal(head.name, name))
            return service_lines(at);
    }
    return SLICE("");
}

static void copy_operator(const struct setup_master_cf *setup, struct setup_text *out,
                          struct setup_text *notes)
{
    const struct slice options = find_service(setup->snippet, SUBMISSION);
    struct slice rest = setup->in;
    struct head head;
    while (rest.len) {
        const struct slice at = rest, line = setup_line_next(&rest);
        if (!read_head(line, &head) || !(is_starttls(&head) || is_wrapped(&head))) {
            setup_text_add(out, line);
            continue;
        }
        const struct slice service = service_lines(at);
        setup_submission_apply(service, options, out, notes);
        rest = slice_skip(at, service.len);
    }
}

// The services of the snippet that the operator does not have, with their comments.
static void add_missing(const struct setup_master_cf *setup, struct setup_text *block)
{
    const struct head relay = {SLICE("relay"), SLICE("unix"), SLICE("smtp")};
    struct slice rest = setup->snippet;
    struct setup_text comment = {0};
    struct head head;
    while (rest.len) {
        const struct slice at = rest, line = setup_line_next(&rest);
        if (!read_head(line, &head)) {
            setup_text_add(&comment, line);
            continue;
        }
        const struct slice service = service_lines(at);
        if (!has_service(setup->in, &head)) {
            setup_text_add(block, setup_text_slice(&comment));
            setup_text_add(block, service);
        }
        comment.len = 0;
        rest = slice_skip(at, service.len);
    }
    if (!has_service(setup->in, &relay))
        setup_text_add(block, SLICE(RELAY));
    setup_text_finish(&comment);
}

void setup_master_cf_apply(const struct setup_master_cf *setup, struct setup_text *out,
                           struct setup_text *notes)
{
    struct setup_text block = {0};
    copy_operator(setup, out, notes);
    add_missing(setup, &block);
    if (block.len)
        setup_mark_block(out, setup_text_slice(&block));
    setup_text_finish(&block);
}
