// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_main_cf.h"

#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_rule.h"
#include "ctl/setup/setup_value.h"

enum { PARAMETERS_MAX = 128, WIDTH = 110 };

// The fate of a parameter.
struct choice {
    struct slice parameter;
    bool keep;     // the operator's entry stays
    bool same;     // it has the value that is needed
    bool verbatim; // the snippet's lines are right
    bool extra;    // a parameter that the snippet does not have
    struct setup_text value;
};

struct choices {
    size_t count;
    struct choice list[PARAMETERS_MAX];
};

static struct choice *find(struct choices *choices, struct slice parameter)
{
    for (size_t i = 0; i < choices->count; i++)
        if (slice_equal(choices->list[i].parameter, parameter))
            return &choices->list[i];
    return NULL;
}

static bool choose(const struct setup_main_cf *setup, struct slice parameter, struct choice *out,
                   struct problem *problem)
{
    struct setup_text shipped = {0}, present = {0};
    (void)main_cf_value(setup->snippet, parameter, &shipped);
    const size_t entries = main_cf_value(setup->in, parameter, &present);
    const struct rule_values values = {.main_cf = setup->in,
                                       .present = setup_text_slice(&present),
                                       .is_set = entries > 0,
                                       .shipped = setup_text_slice(&shipped),
                                       .drop_permit_mynetworks = setup->drop_permit_mynetworks};
    *out = (struct choice){.parameter = parameter};
    const bool done = rule_apply(rule_find(parameter), &values, &out->keep, &out->value, problem);
    out->same = entries == 1 && slice_equal(setup_text_slice(&out->value), values.present);
    out->keep = out->keep || out->same;
    out->verbatim = !out->keep && slice_equal(setup_text_slice(&out->value), values.shipped);
    setup_text_finish(&shipped);
    setup_text_finish(&present);
    return done;
}

// non_smtpd_milters is often $smtpd_milters, in which Emailgency's milter is now: mail that Postfix sends
// again must not pass it twice.
static void choose_other_milters(const struct setup_main_cf *setup, struct choices *choices)
{
    const struct slice parameter = SLICE("non_smtpd_milters");
    struct setup_text value = {0}, milters = {0};
    struct choice *choice = &choices->list[choices->count];
    (void)main_cf_value(setup->in, parameter, &value);
    (void)main_cf_value(setup->in, SLICE("smtpd_milters"), &milters);
    if (setup_value_names(setup_text_slice(&value), "smtpd_milters")) {
        *choice = (struct choice){.parameter = parameter, .extra = true};
        setup_value_replace(setup_text_slice(&value), "smtpd_milters", setup_text_slice(&milters),
                            &choice->value);
        choices->count++;
    }
    setup_text_finish(&value);
    setup_text_finish(&milters);
}

static bool choose_all(const struct setup_main_cf *setup, struct choices *choices, struct problem *problem)
{
    struct slice rest = setup->snippet, value;
    while (rest.len) {
        const struct slice name = main_cf_name(setup_line_next(&rest), &value);
        if (!name.len || find(choices, name))
            continue;
        if (choices->count + 1 == PARAMETERS_MAX)
            return problem_set(problem, "the parameters to set are more than %d", PARAMETERS_MAX - 1);
        if (!choose(setup, name, &choices->list[choices->count++], problem))
            return false;
    }
    choose_other_milters(setup, choices);
    return true;
}

static void copy_operator(struct slice in, struct choices *choices, struct setup_text *out)
{
    bool replaced = false;
    while (in.len) {
        const struct slice line = setup_line_next(&in);
        const enum setup_line kind = setup_line_kind(line);
        struct slice value;
        if (kind == SETUP_LINE_START) {
            const struct choice *choice = find(choices, main_cf_name(line, &value));
            replaced = choice && !choice->keep;
        }
        if (replaced && kind != SETUP_LINE_COMMENT)
            setup_mark_was(out, line);
        else
            setup_text_add(out, line);
    }
}

// The length of a word, and of an argument in braces after it, which is to stay beside it.
static size_t measure(struct slice word, struct slice rest)
{
    struct slice next;
    return word.len + 2 + (setup_word_next(&rest, &next) && next.ptr[0] == '{' ? next.len : 0);
}

static void print_folded(struct slice rest, struct setup_text *block)
{
    size_t column = WIDTH;
    for (struct slice word; setup_word_next(&rest, &word);) {
        const bool comma = rest.len && rest.ptr[0] == ',';
        const bool fresh = column + measure(word, rest) > WIDTH && (word.ptr[0] != '{' || column == WIDTH);
        setup_text_print(block, fresh ? "\n    %.*s%s" : " %.*s%s", (int)word.len, word.ptr,
                         comma ? "," : "");
        column = (fresh ? 4 : column) + word.len + 1;
    }
}

static void print_entry(const struct choice *choice, struct setup_text *block)
{
    const struct slice name = choice->parameter, value = setup_text_slice(&choice->value);
    setup_text_print(block, "%.*s =", (int)name.len, name.ptr);
    if (value.len + name.len + 3 > WIDTH)
        print_folded(value, block);
    else if (value.len)
        setup_text_print(block, " %.*s", (int)value.len, value.ptr);
    setup_text_print(block, "\n");
}

static void print_choice(const struct choice *choice, struct slice line, struct setup_text *block,
                         struct setup_text *notes)
{
    if (choice->keep) {
        setup_text_print(block, "# %.*s is the operator's\n", (int)choice->parameter.len,
                         choice->parameter.ptr);
        if (!choice->same)
            setup_text_print(notes, "main.cf: %.*s stays as it is\n", (int)choice->parameter.len,
                             choice->parameter.ptr);
    } else if (choice->verbatim)
        setup_text_add(block, line);
    else
        print_entry(choice, block);
}

static void print_block(const struct setup_main_cf *setup, struct choices *choices, struct setup_text *block,
                        struct setup_text *notes)
{
    struct slice rest = setup->snippet, value;
    const struct choice *choice = NULL;
    if (setup->drop_permit_mynetworks)
        setup_text_print(block, "# " SETUP_DROP_MYNETWORKS "\n");
    while (rest.len) {
        const struct slice line = setup_line_next(&rest);
        const enum setup_line kind = setup_line_kind(line);
        if (kind == SETUP_LINE_START) {
            choice = find(choices, main_cf_name(line, &value));
            if (choice)
                print_choice(choice, line, block, notes);
        } else if (kind == SETUP_LINE_COMMENT || (choice && choice->verbatim))
            setup_text_add(block, line);
    }
    for (size_t i = 0; i < choices->count; i++)
        if (choices->list[i].extra)
            print_entry(&choices->list[i], block);
}

// A host that relays by its address passes no check of Emailgency.
static void note_networks(struct choices *choices, struct setup_text *notes)
{
    static const char *const lists[] = {"smtpd_relay_restrictions", "smtpd_recipient_restrictions", NULL};
    for (size_t i = 0; lists[i]; i++) {
        const struct choice *choice = find(choices, slice_from(lists[i]));
        if (choice && setup_value_has(setup_text_slice(&choice->value), SLICE("permit_mynetworks")))
            setup_text_print(
                notes, "main.cf: permit_mynetworks stays in %s; to take it out: --drop-permit-mynetworks\n",
                lists[i]);
    }
}

struct remark {
    const char *parameter, *value; // the operator's; NULL: any value
    const char *text;
};

// Parameters that now work otherwise than before.
static const struct remark remarks[] = {
    {"inet_interfaces", "loopback-only", "no other host can reach it, so that it receives no mail as an MX"},
    {"content_filter", NULL,
     "addresses are to be expanded once: \"receive_override_options = no_address_mappings\" before the "
     "filter, "
     "and not after it"},
    {"relay_domains", NULL,
     "names in it and in access tables no longer stand for their subdomains: write .example.com, too"},
};

static void note_others(const struct setup_main_cf *setup, struct setup_text *notes)
{
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++) {
        struct setup_text value = {0};
        (void)main_cf_value(setup->in, slice_from(remarks[i].parameter), &value);
        const struct slice wanted = slice_from(remarks[i].value), text = setup_text_slice(&value);
        if (wanted.len ? slice_equal(text, wanted) : text.len > 0)
            setup_text_print(notes, "main.cf: %s: %s\n", remarks[i].parameter, remarks[i].text);
        setup_text_finish(&value);
    }
}

bool setup_main_cf_apply(const struct setup_main_cf *setup, struct setup_text *out, struct setup_text *notes,
                         struct problem *problem)
{
    struct choices choices = {.count = 0};
    struct setup_text block = {0};
    const bool done = choose_all(setup, &choices, problem);
    if (done) {
        print_block(setup, &choices, &block, notes);
        note_networks(&choices, notes);
        note_others(setup, notes);
        copy_operator(setup->in, &choices, out);
        setup_mark_block(out, setup_text_slice(&block));
    }
    setup_text_finish(&block);
    for (size_t i = 0; i < choices.count; i++)
        setup_text_finish(&choices.list[i].value);
    return done;
}
