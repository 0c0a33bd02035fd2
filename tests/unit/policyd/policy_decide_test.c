// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the decision: tests/cases/policyd/decide.cases with the rows of decide.rows.
#include "case_lines.h"
#include "file_text.h"
#include "policyd/decide/policy_reply.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct directory *directory;
static const struct directory_snapshot *snapshot;
static struct identity_rules *rules;

static int setup(void **state)
{
    struct problem problem;
    char *text = file_text_read(EMG_CASES "/policyd/decide.rows");
    const char *path = scratch_make();
    (void)state;
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    free(text);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &snapshot), DIRECTORY_OK);
    rules = identity_rules_create();
    assert_non_null(rules);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    identity_rules_destroy(rules);
    scratch_remove();
    return 0;
}

static int word_index(struct slice word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (slice_equal(word, slice_from(words[i])))
            return i;
    fail_msg("unknown word \"%.*s\"", (int)word.len, word.ptr);
    return 0;
}

// sent=HOUR-MESSAGES/HOUR-RECIPIENTS/DAY-MESSAGES/DAY-RECIPIENTS of the login, of the domain after a comma.
// Counts of this node alone have a question mark.
static void read_sent(struct slice value, struct policy_facts *facts)
{
    struct outbound_count *const counts[] = {&facts->outbound.login.hour, &facts->outbound.login.day,
                                             &facts->outbound.domain.hour, &facts->outbound.domain.day};
    char text[80], *at = text;
    assert_true(slice_copy(value, text, sizeof text));
    facts->has_outbound = !slice_equal(value, SLICE("unknown"));
    if (!facts->has_outbound)
        return;
    facts->outbound_is_fresh = value.ptr[value.len - 1] != '?';
    facts->outbound.now = 1764425700; // 2025-11-29 14:15:00 UTC
    for (size_t i = 0; i < 4; i++) {
        counts[i]->messages = strtoll(at, &at, 10);
        counts[i]->recipients = strtoll(at + 1, &at, 10);
        at++;
    }
}

static void read_word(struct slice key, struct slice value, struct policy_request *request,
                      struct policy_facts *facts)
{
    static const char *const states[] = {"?",    "CONNECT",        "HELO", "MAIL", "RCPT",
                                         "DATA", "END-OF-MESSAGE", "VRFY", "ETRN", NULL};
    static const char *const lists[] = {"clear", "suspicious", "listed", "allowed", NULL};
    static const char *const outcomes[] = {"new", "pass", "away", NULL};
    static const char *const keys[] = {"client",  "name",  "sender",   "recipient", "login",      "state",
                                       "context", "dnsbl", "greylist", "sent",      "recipients", NULL};
    struct slice *const texts[] = {&request->client_address, &request->client_name, &request->sender,
                                   &request->recipient, &request->sasl_username};
    const int index = word_index(key, keys);
    if (index < 5) {
        *texts[index] = value;
    } else if (index == 5) {
        request->state = (enum policy_state)word_index(value, states);
    } else if (index == 6) {
        request->policy_context = value;
    } else if (index == 7) {
        facts->has_dnsbl = true;
        facts->dnsbl = (enum dnsbl_outcome)word_index(value, lists);
    } else if (index == 8) {
        facts->has_greylist = true;
        facts->greylist = (enum greylist_outcome)word_index(value, outcomes);
    } else if (index == 9) {
        read_sent(value, facts);
    } else {
        char text[24];
        assert_true(slice_copy(value, text, sizeof text));
        request->recipient_count = strtoull(text, NULL, 10);
    }
}

// Facts found out one at a time must give the same decision as all facts at once.
static void assert_resumes(const struct envelope *envelope, const struct policy_facts *all,
                           const struct policy_decision *expected)
{
    struct policy_facts facts = {.dnsbl = all->dnsbl,
                                 .greylist = all->greylist,
                                 .has_outbound = all->has_outbound,
                                 .outbound_is_fresh = all->outbound_is_fresh,
                                 .outbound = all->outbound};
    struct policy_question question = {
        .rows = snapshot, .rules = rules, .envelope = envelope, .facts = &facts};
    struct policy_decision decision;
    policy_decide(&question, &decision);
    while ((decision.verdict == POLICY_DECIDE_ASK_DNSBL && all->has_dnsbl) ||
           (decision.verdict == POLICY_DECIDE_ASK_GREYLIST && all->has_greylist)) {
        facts.has_dnsbl = facts.has_dnsbl || decision.verdict == POLICY_DECIDE_ASK_DNSBL;
        facts.has_greylist = facts.has_greylist || decision.verdict == POLICY_DECIDE_ASK_GREYLIST;
        policy_decide_resume(&question, &decision);
    }
    assert_int_equal(decision.verdict, expected->verdict);
    assert_int_equal(decision.reason, expected->reason);
    assert_int_equal(decision.check, expected->check);
    assert_int_equal(decision.verify, expected->verify);
    assert_string_equal(decision.domain, expected->domain);
    assert_string_equal(decision.own, expected->own);
    assert_string_equal(decision.entry, expected->entry);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct policy_request request = {.state = POLICY_RCPT, .client_name = SLICE("unknown")};
    struct policy_facts facts = {.has_outbound = true}; // nothing was sent
    struct envelope envelope;
    struct policy_decision decision;
    char action[POLICY_REPLY_ACTION_MAX];
    const struct dnsbl_result listing = {.zone = "bl.example", .text = "see https://bl.example/"};
    for (struct slice word, rest = input; rest.len > 0;) {
        struct slice key, value;
        (void)slice_split(rest, ' ', &word, &rest);
        if (slice_split(word, '=', &key, &value))
            read_word(key, value, &request, &facts);
    }
    envelope_read(&request, &envelope);
    struct policy_question question = {
        .rows = snapshot, .rules = rules, .envelope = &envelope, .facts = &facts};
    policy_decide(&question, &decision);
    assert_resumes(&envelope, &facts, &decision);
    policy_reply_action(&decision, &envelope, &listing, action);
    if (decision.verdict == POLICY_DECIDE_ASK_OUTBOUND)
        snprintf(out, CASE_ANSWER_MAX, "needs %scounts of %s", facts.has_outbound ? "fresh " : "",
                 decision.login);
    else if (decision.verdict == POLICY_DECIDE_ASK_DNSBL)
        snprintf(out, CASE_ANSWER_MAX, "needs dnsbl");
    else if (decision.verdict == POLICY_DECIDE_ASK_GREYLIST)
        snprintf(out, CASE_ANSWER_MAX, "needs greylist of %s", decision.identity.text);
    else
        snprintf(out, CASE_ANSWER_MAX, "%.400s ; %s %s%s%s", action, policy_reason_word(decision.reason),
                 decision.domain[0] ? decision.domain : "-", decision.entry[0] ? " " : "", decision.entry);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("policyd/decide.cases", answer);
}

// The manual page lists the checks in the order in which they are walked.
static void test_manual_page(void **state)
{
    static const char item[] = ".It\n.Sy ";
    char *page = file_text_read(EMG_CASES "/../../policyd/emailgency-policyd.8");
    const char *at = page;
    const char *name;
    (void)state;
    for (size_t n = 0; (name = policy_check_name(n)); n++) {
        at = strstr(at, item);
        assert_non_null(at);
        at += strlen(item);
        assert_memory_equal(at, name, strlen(name));
        assert_memory_equal(at + strlen(name), " :\n", 3);
    }
    assert_null(strstr(at, item));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_manual_page)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
