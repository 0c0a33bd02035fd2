// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf.h"

#include "spf/evaluator.h"
#include "spf/rdata.h"
#include "spf/spf_explanation.h"
#include "spf/spf_lookup.h"
#include "spf/spf_target.h"

// A network of a term, or the networks of a record together, that hold so many addresses do not identify the
// sender: of IPv4 as many as a /7, of IPv6 as a /18. No operator has them: registries hand out at most /8 and
// /19.
#define WIDE_PREFIX4 7
#define WIDE_PREFIX6 18

static bool is_wide(const struct client_record *record, const struct term *term, const struct ip *client)
{
    switch (term->kind) {
    case TERM_ALL:
        return true;
    case TERM_IP4:
        return record->reach4 >= UINT64_C(1) << (32 - WIDE_PREFIX4);
    case TERM_IP6:
        return record->reach6 >= UINT64_C(1) << (64 - WIDE_PREFIX6);
    case TERM_A:
    case TERM_MX:
        return client->bits == 32 ? term->prefix4 <= WIDE_PREFIX4 : term->prefix6 <= WIDE_PREFIX6;
    default:
        return false;
    }
}

// If the current record was included, the include term decides; of several the outermost. Returns the record
// that holds it.
static unsigned find_deciding(const struct check_host *check, const struct term **term)
{
    unsigned deciding = check->at;
    *term = check_host_term(check);
    for (unsigned at = check->at; at > 0; at = check->record[at].parent)
        if (check->record[at].included) {
            deciding = check->record[at].parent;
            *term = &check->record[deciding].terms[check->record[at].parent_term];
        }
    return deciding;
}

static void conclude(struct check_host *check, enum spf_result result)
{
    struct spf_verdict *out = check->out;
    const struct term *inner = check_host_term(check), *term;
    unsigned deciding = find_deciding(check, &term);
    if (result != (term ? term->result : SPF_NEUTRAL)) { // out of memory, or libspf2 evaluated another term
        check_host_end(check, SPF_TEMPERROR, SPF_NO_PROBLEM, "", SLICE("libspf2 decided otherwise"));
        return;
    }
    struct slice text = term ? term->text : SLICE("default");
    out->result = result;
    out->wide = result == SPF_PASS && is_wide(&check->record[check->at], inner, &check->request->client);
    spf_trace_printable(slice_from(check->record[deciding].domain), out->record_domain,
                        sizeof out->record_domain);
    spf_trace_printable(text, out->term, sizeof out->term);
    if (inner != term)
        spf_trace_line(&check->trace, "%s: matches by %.*s of %s", out->term, (int)inner->text.len,
                       inner->text.ptr, check->record[check->at].domain);
    if (result == SPF_FAIL)
        spf_explanation_find(check, deciding);
}

// The first question of a term; false if it depends on macros or is not worth asking early.
static bool is_plain(const struct term *term, const struct ip *client, enum dns_type *type)
{
    *type = term->kind == TERM_A    ? rdata_address_type(client)
            : term->kind == TERM_MX ? DNS_TYPE_MX
                                    : DNS_TYPE_TXT;
    struct slice before, after;
    return term->kind != TERM_PTR && term->kind != TERM_EXISTS &&
           !slice_split(term->target, '%', &before, &after);
}

// While a term waits, the questions of later terms are asked as well, within the limit of terms.
static void prefetch_next_terms(struct check_host *check)
{
    const struct client_record *record = &check->record[check->at];
    unsigned end = record->count + record->redirects, left = CHECK_HOST_TERMS_MAX - check->out->terms;
    for (unsigned i = check->next + 1; i < end && left > 0; i++, left--) {
        const struct term *term = i < record->count ? &record->terms[i] : &record->redirect;
        enum dns_type type;
        char name[DNS_NAME_MAX + 1];
        if (term->kind != TERM_REDIRECT && !record_looks_up(term->kind))
            break;
        if (is_plain(term, &check->request->client, &type) &&
            spf_target_find(check, check->at, term, name) == SPF_TARGET_OK)
            check_host_prefetch(check, type, name);
    }
}

static void evaluate(struct check_host *check)
{
    if (spf_lookup_first_record(check) != SPF_LOOKUP_FOUND)
        return;
    enum spf_result result = evaluator_run(check);
    if (check->state == CHECK_HOST_GOING)
        conclude(check, result);
    else if (check->state == CHECK_HOST_WAITING)
        prefetch_next_terms(check);
}

enum spf_step spf_check(const struct spf_request *request, const struct spf_answers *answers,
                        struct spf_verdict *out, struct spf_needs *needs)
{
    struct check_host check;
    if (!check_host_begin(&check, request, answers, out, needs)) {
        out->problem = SPF_NO_DOMAIN;
        return SPF_DONE;
    }
    evaluate(&check);
    if (check.state == CHECK_HOST_WAITING)
        return SPF_WAITING;
    spf_trace_line(&check.trace, "%s%s%s%s%s", spf_result_word(out->result), out->problem ? ": " : "",
                   spf_problem_words(out->problem), out->term[0] ? ": " : "", out->term);
    return SPF_DONE;
}
