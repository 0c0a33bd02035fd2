// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_file.h"

#include "ctl/setup/setup_mark.h"

const char setup_hba_lines[] =
    "# The daemons and Dovecot, each under an account of its own; then the staff of customers, in this "
    "database alone.\n"
    "local emailgency "
    "emailgency_replicator,emailgency_policyd,emailgency_milter,emailgency_notifier,emailgency_tracker,"
    "emailgency_keeper,"
    "emailgency_dovecot "
    "peer map=emailgency\n"
    "local emailgency +emailgency_domain_admin scram-sha-256\n"
    "local all        +emailgency_domain_admin reject\n"
    "host  emailgency +emailgency_domain_admin samehost scram-sha-256\n"
    "host  all        +emailgency_domain_admin all reject\n";
const char setup_ident_lines[] =
    "# The account of a daemon and its role.\n"
    "emailgency /^emailgency-(replicator|policyd|milter|notifier|tracker|keeper)$ emailgency_\\1\n"
    "emailgency emailgency-logins                                      emailgency_dovecot\n";

static bool same_words(struct slice a, struct slice b)
{
    struct slice first, second;
    bool more;
    do {
        more = setup_word_next(&a, &first);
        if (setup_word_next(&b, &second) != more || !slice_equal(first, second))
            return false;
    } while (more);
    return true;
}

static bool has_line(struct slice text, struct slice line)
{
    while (text.len)
        if (same_words(setup_line_next(&text), line))
            return true;
    return false;
}

static bool has_lines(struct slice text, struct slice lines)
{
    while (lines.len) {
        const struct slice line = setup_line_next(&lines);
        if (setup_line_kind(line) != SETUP_LINE_COMMENT && !has_line(text, line))
            return false;
    }
    return true;
}

static void add_top(struct slice in, struct slice lines, struct setup_text *out)
{
    if (!has_lines(in, lines))
        setup_mark_block(out, lines);
    setup_text_add(out, in);
}

void setup_hba_apply(struct slice in, struct setup_text *out)
{
    add_top(in, slice_from(setup_hba_lines), out);
}

void setup_ident_apply(struct slice in, struct setup_text *out)
{
    add_top(in, slice_from(setup_ident_lines), out);
}

void setup_own_apply(struct slice in, struct slice content, struct setup_text *out)
{
    if (in.len)
        setup_text_add(out, in);
    else
        setup_mark_block(out, content);
}

#define SHIPPED_LINE "emailgency = " SETUP_LOGINS_PLACE " "

static void add_place(struct slice line, const char *place, bool marks, struct setup_text *out)
{
    struct setup_text fresh = {0};
    const struct slice rest = slice_skip(line, strlen(SHIPPED_LINE));
    setup_text_print(&fresh, "emailgency = %s %.*s", place, (int)rest.len, rest.ptr);
    if (marks) {
        setup_mark_was(out, line);
        setup_mark_block(out, setup_text_slice(&fresh));
    } else
        setup_text_add(out, setup_text_slice(&fresh));
    setup_text_finish(&fresh);
}

void setup_logins_apply(struct slice in, const char *place, bool marks, struct setup_text *out)
{
    const bool same = strcmp(place, SETUP_LOGINS_PLACE) == 0;
    while (in.len) {
        const struct slice line = setup_line_next(&in);
        if (!same && slice_has_prefix(line, SLICE(SHIPPED_LINE)) && line.ptr[line.len - 1] == '\n')
            add_place(line, place, marks, out);
        else
            setup_text_add(out, line);
    }
}

bool setup_conf_value(struct slice in, const char *name, struct slice *out)
{
    bool found = false;
    while (in.len) {
        const struct slice line = setup_line_trim(setup_line_next(&in));
        struct slice key, value;
        if (!slice_split(line, '=', &key, &value) || !slice_equal(setup_line_trim(key), slice_from(name)))
            continue;
        value = setup_line_trim(value);
        if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = slice_make(value.ptr + 1, value.len - 2);
        *out = value;
        found = true;
    }
    return found;
}

void setup_conf_apply(struct slice in, const struct setup_assignment *assignments, struct setup_text *out)
{
    struct setup_text block = {0};
    struct slice present;
    if (!in.len)
        setup_text_print(&block, "# The daemon's option -p prints all options with their values.\n");
    for (; assignments->name; assignments++)
        if (assignments->value && !setup_conf_value(in, assignments->name, &present))
            setup_text_print(&block, "%s = \"%s\"\n", assignments->name, assignments->value);
    setup_text_add(out, in);
    if (block.len)
        setup_mark_block(out, setup_text_slice(&block));
    setup_text_finish(&block);
}

static bool includes(struct slice line, struct slice *file)
{
    struct slice word;
    return setup_word_next(&line, &word) &&
           (slice_equal(word, SLICE("!include")) || slice_equal(word, SLICE("!include_try"))) &&
           setup_word_next(&line, file);
}

// An operator who included the files by hand.
static bool has_include(struct slice in, const char *name)
{
    struct slice file;
    while (in.len)
        if (includes(setup_line_next(&in), &file) && slice_has_suffix_nocase(file, slice_from(name)))
            return true;
    return false;
}

void setup_dovecot_apply(struct slice in, const char *folder, const char *socket, struct setup_text *out)
{
    struct setup_text first = {0}, last = {0};
    const bool has_auth = has_include(in, "/emailgency-auth.conf");
    setup_text_print(
        &first,
        "# Before all other passdb: a user that the rows do not have is looked up in those that follow.\n"
        "!include %s/emailgency-auth.conf\n",
        folder);
    setup_text_print(
        &last,
        "# After all other settings: what they would override, and the mail store. Postfix's submission "
        "service asks the\n# socket for passwords.\nauth_mechanisms = $auth_mechanisms login\n"
        "protocols = $protocols imap lmtp\n");
    if (!has_include(in, "/emailgency-store.conf"))
        setup_text_print(&last, "!include %s/emailgency-store.conf\n", folder);
    setup_text_print(&last,
                     "service auth {\n    unix_listener %s {\n        mode = 0660\n        user = postfix\n"
                     "        group = postfix\n    }\n}\n",
                     socket);
    if (!has_auth)
        setup_mark_block(out, setup_text_slice(&first));
    setup_text_add(out, in);
    setup_mark_block(out, setup_text_slice(&last));
    setup_text_finish(&first);
    setup_text_finish(&last);
}

void setup_dovecot_auth_apply(struct slice in, struct setup_text *out)
{
    while (in.len) {
        const struct slice line = setup_line_next(&in);
        struct slice file;
        if (includes(line, &file) && slice_equal(file, SLICE("auth-system.conf.ext")))
            setup_mark_was(out, line);
        else
            setup_text_add(out, line);
    }
}
