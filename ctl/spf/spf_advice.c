// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf/spf_advice.h"

#include "spfrecord/record.h"
#include "spfrecord/spf_amend.h"
#include "spfrecord/spf_fault.h"
#include "spfrecord/spf_ignored.h"

#include <stdlib.h>

enum { TERMS_MAX = 10, TERMS_NEAR = 9, VOIDS_MAX = 2, LENGTH_NEAR = 450, STRING_MAX = 255 };
#define OWN_MAX SPF_RECORD_MAX

struct advising {
    const struct spf_facts *facts;
    char own[OWN_MAX]; // terms for the service's hosts
    bool by_include;   // the terms are an include
    bool there;        // the record has that include
    bool due;          // the terms must be added
    struct findings *findings;
};

#define ERROR(advising, parameter, write, why, ...)                                                          \
    finding_add((advising)->findings, FINDING_ERROR, parameter, write, why, __VA_ARGS__)
#define WARNING(advising, parameter, write, why, ...)                                                        \
    finding_add((advising)->findings, FINDING_WARNING, parameter, write, why, __VA_ARGS__)
#define FINE(advising, parameter, ...)                                                                       \
    finding_add((advising)->findings, FINDING_OK, parameter, NULL, NULL, __VA_ARGS__)

// Terms that look up once the record has the service's include.
static unsigned terms_with_include(const struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    return facts->unlisted.terms + (advising->there ? 0 : 1 + facts->included.terms);
}

// An include that is not there is a permerror for all mail of the customer, and so is one too many: then the
// addresses are written out, if they are known.
static void choose_ours(struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    char include[sizeof "include:" + DNS_NAME_MAX], terms[OWN_MAX];
    const bool named = spf_hosts_terms(facts->hosts, terms, sizeof terms);
    snprintf(include, sizeof include, "include:%s", facts->hosts->include);
    advising->there = facts->record.len && spf_amend_has(facts->record, include);
    const bool works = facts->included.problem == SPF_NO_PROBLEM && terms_with_include(advising) <= TERMS_MAX;
    advising->by_include = facts->hosts->include[0] && (works || !named);
    snprintf(advising->own, sizeof advising->own, "%s", advising->by_include ? include : named ? terms : "");
    advising->due = facts->trial_count == 0 && !spf_amend_has(facts->record, advising->own);
    for (unsigned i = 0; i < facts->trial_count; i++)
        advising->due = advising->due || facts->trials[i].verdict.result != SPF_PASS ||
                        facts->trials[i].verdict.wide; // by +all, which will be removed
}

static void judge_include(const struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    const char *name = facts->hosts->include;
    char terms[OWN_MAX], write[sizeof terms + 16] = "";
    if (!name[0])
        return;
    if (spf_hosts_terms(facts->hosts, terms, sizeof terms))
        snprintf(write, sizeof write, "v=spf1 %s -all", terms);
    if (facts->included.problem == SPF_NO_RECORD && advising->by_include)
        ERROR(advising, name, write,
              "publish it before any customer includes it: without it their mail fails",
              "the name to include has no SPF record");
    else if (facts->included.problem == SPF_NO_RECORD)
        WARNING(advising, name, write,
                "customers that include it need no change when the service's hosts change",
                "the name to include has no SPF record, so addresses are proposed");
    else if (facts->included.problem)
        ERROR(advising, name, write, "all mail of customers that include it fails",
              "the record to include: %s%s%s", spf_problem_words(facts->included.problem),
              facts->included.term[0] ? ": " : "", facts->included.term);
    for (unsigned i = 0; i < facts->trial_count && !facts->included.problem; i++)
        if (facts->trials[i].included != SPF_PASS) {
            char client[CIDR_TEXT_MAX];
            ip_format(&facts->trials[i].client, client);
            ERROR(advising, name, write,
                  "mail that leaves from there fails for all customers that include it",
                  "the record to include gives %s a %s", client, spf_result_word(facts->trials[i].included));
        }
}

// Returns whether a term depends on the client or sender, as "include:%{i}._ip.%{h}.example" does.
static bool is_per_client(struct slice term)
{
    struct slice head;
    while (slice_split(term, '%', &head, &term))
        if (term.len > 1 && term.ptr[0] == '{' && !strchr("dDoO", term.ptr[1]))
            return true;
    return false;
}

// Returns whether the record fails for clients that it does not name only; it works for those that it
// names.
static bool is_per_client_problem(const struct spf_verdict *unlisted)
{
    return (unlisted->problem == SPF_TARGET_MISSING || unlisted->problem == SPF_TOO_MANY_VOIDS) &&
           is_per_client(slice_from(unlisted->term));
}

static void judge_trials(const struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    if (facts->trial_count == 0)
        WARNING(advising, "outgoing_networks", NULL,
                "set it to the service's outgoing addresses, or give --hosts",
                "no outgoing address is known, so none was checked");
    for (unsigned i = 0; i < facts->trial_count; i++) {
        const struct spf_verdict *verdict = &facts->trials[i].verdict;
        char client[CIDR_TEXT_MAX];
        ip_format(&facts->trials[i].client, client);
        if (verdict->problem && verdict->problem == facts->unlisted.problem &&
            !is_per_client_problem(&facts->unlisted))
            continue; // reported once, for the record
        if (verdict->result == SPF_PASS)
            FINE(advising, client, "pass, by %s of %s", verdict->term, verdict->record_domain);
        else if (verdict->term[0] && !verdict->problem)
            ERROR(advising, client, NULL, "mail of this domain from the service's hosts is marked or refused",
                  "%s, by %s of %s", spf_result_word(verdict->result), verdict->term, verdict->record_domain);
        else
            ERROR(advising, client, NULL, "mail of this domain from the service's hosts is marked or refused",
                  "%s: %s", spf_result_word(verdict->result), spf_problem_words(verdict->problem));
    }
}

// Of a term in a finding.
static int shown_len(struct slice term)
{
    return term.len < 200 ? (int)term.len : 200;
}

// A wrong term may be meant for a sender, so that nothing is proposed before it is corrected.
static void judge_faults(const struct advising *advising)
{
    static const char *const says[] = {
        [SPF_FAULT_SYNTAX] = "is no term of SPF",
        [SPF_FAULT_TWICE] = "is there twice",
        [SPF_FAULT_NAME] = "has a comma, semicolon or colon in a name, as if a blank was missing",
    };
    struct record_cursor cursor;
    struct spf_fault fault;
    record_begin(&cursor, advising->facts->record);
    while (spf_fault_next(&cursor, &fault))
        ERROR(advising, "record", fault.right,
              "receivers take the record for broken; none is proposed before it is corrected", "\"%.*s\" %s",
              shown_len(fault.term), fault.term.ptr, says[fault.kind]);
}

static void judge_ptr(const struct advising *advising)
{
    struct record_cursor cursor;
    struct term term;
    record_begin(&cursor, advising->facts->record);
    for (enum record_rc rc; (rc = record_next(&cursor, &term)) != RECORD_END;)
        if (rc == RECORD_TERM && term.kind == TERM_PTR)
            WARNING(advising, "record", NULL,
                    "slow, and RFC 7208 section 5.5 says not to use it: name the addresses",
                    "\"%.*s\" is used", shown_len(term.text), term.text.ptr);
}

static void judge_terms(const struct advising *advising)
{
    struct spf_ignored ignored;
    struct slice term;
    judge_faults(advising);
    judge_ptr(advising);
    spf_ignored_begin(&ignored, advising->facts->record);
    while (spf_ignored_next(&ignored, &term))
        WARNING(advising, "record", NULL, "receivers ignore it (RFC 7208 section 5.1); it is left out here",
                "\"%.*s\" is beside or after all", shown_len(term), term.ptr);
}

// The result for a client that the record does not name.
static void judge_end(const struct advising *advising)
{
    const struct spf_verdict *unlisted = &advising->facts->unlisted;
    static const char later[] = "-all instead, once all of the domain's mail is known to pass";
    switch (unlisted->result) {
    case SPF_PASS:
        ERROR(advising, "all", "~all", "anybody may send as this domain", "other clients pass, by %s of %s",
              unlisted->term, unlisted->record_domain);
        break;
    case SPF_NEUTRAL:
        WARNING(advising, "all", "~all", "the record does not protect the domain",
                "other clients get neutral, by %s of %s", unlisted->term, unlisted->record_domain);
        break;
    case SPF_SOFTFAIL:
        FINE(advising, "all", "other clients get softfail, by %s of %s; %s", unlisted->term,
             unlisted->record_domain, later);
        break;
    case SPF_NONE:
        FINE(advising, "all", "~all is for a trial; %s", later);
        break;
    default:
        FINE(advising, "all", "other clients get %s, by %s of %s", spf_result_word(unlisted->result),
             unlisted->term, unlisted->record_domain);
    }
}

static void judge_lookups(const struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    const bool adds = advising->due && advising->by_include && !advising->there;
    const unsigned terms = adds ? terms_with_include(advising) : facts->unlisted.terms;
    const char *with = adds ? ", with the service's" : "";
    static const char limit[] =
        "more than 10 are a permerror (RFC 7208 section 4.6.4): drop includes that are no longer used";
    if (facts->unlisted.problem == SPF_TOO_MANY_TERMS)
        ERROR(advising, "look-ups", NULL, limit, "more than 10 terms look up; the 11th is %s of %s",
              facts->unlisted.term, facts->unlisted.record_domain);
    else if (terms > TERMS_MAX)
        ERROR(advising, "look-ups", NULL, limit, "%u terms look up%s", terms, with);
    else if (terms >= TERMS_NEAR)
        WARNING(advising, "look-ups", NULL, "a provider that adds one or two more breaks the record",
                "%u of 10 terms look up%s", terms, with);
    else
        FINE(advising, "look-ups", "%u of 10 terms look up%s", terms, with);
    if (facts->unlisted.voids >= VOIDS_MAX)
        WARNING(advising, "look-ups", NULL, "one more is a permerror: drop the names that are gone",
                "%u of 2 found nothing", facts->unlisted.voids);
}

// Returns whether the record can be evaluated.
static bool judge_record(const struct advising *advising)
{
    const struct spf_facts *facts = advising->facts;
    const struct spf_verdict *unlisted = &facts->unlisted;
    static const char broken[] = "receivers take the record for broken: mail may be refused";
    static const char macros[] =
        "its macros stand for the client: there is a record for the provider's own hosts, and others get a "
        "permerror in place of what the record ends in";
    if (unlisted->problem == SPF_NO_RECORD)
        ERROR(advising, "record", NULL, "receivers cannot distinguish the domain's mail from forgeries",
              "%s has no SPF record", facts->domain);
    else if (facts->several_count > 0)
        ERROR(advising, "record", "one TXT record that begins with v=spf1, with the terms of all",
              "receivers ignore all of them", "%s has more than one SPF record", facts->domain);
    else if (is_per_client_problem(unlisted))
        WARNING(advising, "record", NULL, macros,
                "%s: %s, at the record of %s, for a client that it does not name",
                spf_problem_words(unlisted->problem), unlisted->term, unlisted->record_domain);
    else if (unlisted->problem && unlisted->problem != SPF_TOO_MANY_TERMS &&
             (unlisted->problem != SPF_SYNTAX || strcmp(unlisted->record_domain, unlisted->domain) != 0))
        ERROR(advising, "record", NULL, broken, "%s%s%s, at the record of %s",
              spf_problem_words(unlisted->problem), unlisted->term[0] ? ": " : "", unlisted->term,
              unlisted->record_domain);
    return unlisted->problem == SPF_NO_PROBLEM || unlisted->problem == SPF_NO_RECORD;
}

static void judge_length(const struct advising *advising, const char *proposed)
{
    if (advising->facts->cut)
        ERROR(advising, "length", NULL,
              "receivers need not read so much (RFC 7208 section 3.4): move terms into an include",
              "more than %zu bytes, too long to be amended here", advising->facts->record.len);
    if (!proposed)
        return;
    const size_t len = strlen(proposed);
    if (len > STRING_MAX)
        WARNING(advising, "length", NULL,
                "a string of a TXT record holds 255: publish it in several, as shown", "%zu bytes", len);
    if (len > LENGTH_NEAR)
        WARNING(advising, "length", NULL,
                "with the name's other TXT records it may not fit into one UDP answer (RFC 7208 section 3.4)",
                "%zu bytes, more than %d", len, LENGTH_NEAR);
}

bool spf_advice_make(const struct spf_facts *facts, struct spf_advice *out)
{
    struct advising advising = {.facts = facts, .findings = &out->findings};
    *out = (struct spf_advice){.proposed = NULL};
    const bool broken = facts->unlisted.problem && facts->several_count == 0;
    const bool derives = !facts->cut && !(facts->record.len && spf_fault_in(facts->record));
    choose_ours(&advising);
    if (derives)
        out->proposed = facts->record.len ? spf_amend(facts->record, advising.due ? advising.own : "", broken)
                                          : spf_amend_new(advising.own);
    const bool sound = judge_record(&advising);
    judge_trials(&advising);
    judge_include(&advising);
    if (facts->record.len)
        judge_terms(&advising);
    if (sound)
        judge_end(&advising);
    if (facts->record.len && (sound || facts->unlisted.problem == SPF_TOO_MANY_TERMS))
        judge_lookups(&advising);
    judge_length(&advising, out->proposed);
    return !derives || out->proposed;
}

void spf_advice_finish(struct spf_advice *advice)
{
    free(advice->proposed);
    advice->proposed = NULL;
}
