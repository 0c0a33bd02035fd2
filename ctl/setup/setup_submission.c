// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_submission.h"

#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_value.h"

enum kind {
    SET,
    KEEP,
    PREPEND,
    DOVECOT_PATH, // the operator's, where Dovecot answers it
};

static const struct {
    const char *name;
    enum kind kind;
} kinds[] = {
    {"smtpd_sasl_path", DOVECOT_PATH},      {"smtpd_client_restrictions", KEEP},
    {"smtpd_sender_restrictions", PREPEND}, {"smtpd_recipient_restrictions", KEEP},
    {"smtpd_data_restrictions", PREPEND},   {"smtpd_end_of_data_restrictions", PREPEND},
    {"smtpd_command_filter", KEEP},
};

static enum kind kind_of(struct slice name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_equal(name, slice_from(kinds[i].name)))
            return kinds[i].kind;
    return SET;
}

// The next "-o name=value" or "-o { name = value }" of a service or of one of its lines.
static bool next_option(struct slice *rest, struct slice *name, struct slice *value)
{
    for (struct slice word; setup_word_next(rest, &word);) {
        if (!slice_equal(word, SLICE("-o")) || !setup_word_next(rest, &word))
            continue;
        if (word.len > 1 && word.ptr[0] == '{')
            word = setup_line_trim(slice_make(word.ptr + 1, word.len - 2));
        else // a value without braces ends at a blank, not at a comma
            while (rest->len && rest->ptr[0] == ',') {
                struct slice more;
                (void)setup_word_next(rest, &more);
                word.len = (size_t)(rest->ptr - word.ptr);
            }
        if (!slice_split(word, '=', name, value))
            continue;
        *name = setup_line_trim(*name);
        *value = setup_line_trim(*value);
        return true;
    }
    return false;
}

// The last one counts. Comments between the lines are not read.
static bool find_option(struct slice service, struct slice wanted, struct slice *out)
{
    bool found = false;
    while (service.len) {
        struct slice line = setup_line_next(&service), name, value;
        if (setup_line_kind(line) == SETUP_LINE_COMMENT)
            continue;
        while (next_option(&line, &name, &value))
            if (slice_equal(name, wanted)) {
                *out = value;
                found = true;
            }
    }
    return found;
}

// Returns whether the operator's option stays; else `out` has the value to set.
static bool decide(struct slice service, struct slice name, struct slice shipped, struct setup_text *out)
{
    struct slice present = SLICE(""), type = SLICE("");
    const bool is_set = find_option(service, name, &present);
    const enum kind kind = kind_of(name);
    (void)find_option(service, SLICE("smtpd_sasl_type"), &type);
    if (kind == PREPEND)
        setup_value_join(shipped, present, present.len && memchr(present.ptr, ' ', present.len) ? " " : ",",
                         out);
    else
        setup_text_add(out, shipped);
    if (is_set && kind == DOVECOT_PATH)
        return slice_equal(type, SLICE("dovecot"));
    return is_set && (kind == KEEP || slice_equal(present, setup_text_slice(out)));
}

static void print_option(struct slice name, const struct setup_text *value, struct setup_text *block)
{
    const bool braces =
        value->len && (memchr(value->ptr, ' ', value->len) || memchr(value->ptr, '{', value->len));
    setup_text_print(block, braces ? "    -o { %.*s = %.*s }\n" : "    -o %.*s=%.*s\n", (int)name.len,
                     name.ptr, (int)value->len, value->len ? value->ptr : "");
}

// A service that is there has users of its own, who are in no row: of senders only those that rows have are
// bound to their log-ins.
static void print_shared_senders(struct setup_text *block)
{
    struct setup_text value = {0};
    setup_text_add(&value, SLICE("reject_known_sender_login_mismatch"));
    print_option(SLICE("emailgency_sender_login_check"), &value, block);
    setup_text_finish(&value);
}

static void note_kept(struct slice service, struct slice option, struct setup_text *notes)
{
    struct slice name;
    if (setup_word_next(&service, &name))
        setup_text_print(notes, "master.cf: -o %.*s of %.*s stays as it is\n", (int)option.len, option.ptr,
                         (int)name.len, name.ptr);
}

static void make_block(struct slice service, struct slice wanted, struct setup_text *block,
                       struct setup_text *notes)
{
    for (struct slice name, shipped; next_option(&wanted, &name, &shipped);) {
        struct setup_text value = {0};
        // TLS of a service that has users is not for us to change, and other for port 465; nor its name in
        // the log.
        if (slice_equal(name, SLICE("smtpd_tls_security_level")) || slice_equal(name, SLICE("syslog_name")))
            continue;
        if (!decide(service, name, shipped, &value)) {
            print_option(name, &value, block);
            if (slice_equal(name, SLICE("smtpd_sender_restrictions")))
                print_shared_senders(block);
        } else if (!slice_equal(shipped, setup_text_slice(&value)) || kind_of(name) != SET)
            note_kept(service, name, notes);
        setup_text_finish(&value);
    }
}

// Returns whether the line is nothing but one option that the block sets.
static bool is_replaced(struct slice line, struct slice block)
{
    struct slice name, value, unused, rest = line, words = line, word;
    if (setup_line_kind(line) != SETUP_LINE_MORE || !setup_word_next(&words, &word) ||
        !slice_equal(word, SLICE("-o")))
        return false;
    return next_option(&rest, &name, &value) && !setup_line_trim(rest).len &&
           find_option(block, name, &unused);
}

void setup_submission_apply(struct slice service, struct slice wanted, struct setup_text *out,
                            struct setup_text *notes)
{
    struct setup_text block = {0};
    make_block(service, wanted, &block, notes);
    while (service.len) {
        const struct slice line = setup_line_next(&service);
        if (is_replaced(line, setup_text_slice(&block)))
            setup_mark_was(out, line);
        else
            setup_text_add(out, line);
    }
    if (block.len)
        setup_mark_block(out, setup_text_slice(&block));
    setup_text_finish(&block);
}
