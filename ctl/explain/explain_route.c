// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain_route.h"

static enum lookup_status ask(const struct directory_snapshot *rows, const struct route_rules *rules,
                              enum lookup_map map, struct slice key, struct explanation *explanation,
                              struct lookup_answer *answer)
{
    static const char *const heads[] = {
        [LOOKUP_FOUND] = "", [LOOKUP_NOT_FOUND] = "NOTFOUND", [LOOKUP_TEMP] = "TEMP "};
    lookup(rows, rules, map, key, answer);
    explanation_step(explanation, lookup_map_name(map), key, "%s%.*s (%s)", heads[answer->status],
                     (int)answer->len, answer->text, lookup_reason_word(answer->reason));
    return answer->status;
}

// Removes the first address from `*rest` and returns it: commas within quotes do not separate.
static struct slice next_address(struct slice *rest)
{
    bool quoted = false;
    size_t at = 0;
    for (; at < rest->len && (quoted || rest->ptr[at] != ','); at++) {
        if (rest->ptr[at] == '\\')
            at++;
        else if (rest->ptr[at] == '"')
            quoted = !quoted;
    }
    const struct slice address = slice_make(rest->ptr, at < rest->len ? at : rest->len);
    *rest = slice_skip(*rest, at + 1);
    return address;
}

static void ask_copies(const struct directory_snapshot *rows, const struct route_rules *rules,
                       struct slice key, struct slice copies, struct explanation *explanation)
{
    static struct lookup_answer answer;
    while (copies.len > 0) {
        const struct slice copy = next_address(&copies);
        if (!slice_equal(copy, key))
            (void)ask(rows, rules, LOOKUP_TRANSPORT, copy, explanation, &answer);
    }
}

enum lookup_status explain_route(const struct directory_snapshot *rows, const struct route_rules *rules,
                                 const char *address, struct explanation *explanation,
                                 enum lookup_reason *reason)
{
    static const enum lookup_map maps[] = {LOOKUP_RELAY_DOMAINS, LOOKUP_TRANSPORT, LOOKUP_VIRTUAL_ALIAS,
                                           LOOKUP_RELAY_RECIPIENTS};
    static struct lookup_answer answer, copies; // 100 KB each
    struct slice local, domain;
    const struct slice key = slice_from(address);
    enum lookup_status status = LOOKUP_FOUND;
    (void)slice_split_last(key, '@', &local, &domain);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        struct lookup_answer *to = maps[i] == LOOKUP_VIRTUAL_ALIAS ? &copies : &answer;
        const bool settled = status != LOOKUP_FOUND;
        (void)ask(rows, rules, maps[i], maps[i] == LOOKUP_RELAY_DOMAINS ? domain : key, explanation, to);
        // smtpd stops at the first failure; a missing virtual alias is none.
        if (!settled && !(maps[i] == LOOKUP_VIRTUAL_ALIAS && to->status == LOOKUP_NOT_FOUND)) {
            status = to->status;
            *reason = to->reason;
        }
    }
    ask_copies(rows, rules, key, slice_make(copies.text, copies.len), explanation);
    (void)ask(rows, rules, LOOKUP_SENDER_LOGIN, key, explanation, &answer);
    return status;
}

void explain_route_domain(const struct directory_snapshot *rows, const struct route_rules *rules,
                          struct slice domain, struct explanation *explanation)
{
    static struct lookup_answer answer; // 100 KB
    (void)ask(rows, rules, LOOKUP_RELAY_DOMAINS, domain, explanation, &answer);
    (void)ask(rows, rules, LOOKUP_TRANSPORT, domain, explanation, &answer);
}
