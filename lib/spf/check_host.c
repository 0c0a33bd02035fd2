// SPDX-License-Identifier: BSD-2-Clause
#include "spf/check_host.h"

#include "spfrecord/ascii.h"

#include <stdio.h>

// A fully qualified domain name that a record can be asked for (RFC 7208 section 4.3).
static bool domain_askable(struct slice domain, char out[DNS_NAME_MAX + 1])
{
    char text[DNS_NAME_MAX + 2];
    struct slice before, top;
    bool only_digits = true;
    if (domain.len && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    for (size_t i = 0; i < domain.len; i++)
        if (!ascii_visible(domain.ptr[i]))
            return false;
    if (!slice_copy(domain, text, sizeof text) || !dns_name_fold_bytes(text, out) || text[0] == '[')
        return false;
    if (!slice_split_last(domain, '.', &before, &top))
        return false;
    for (size_t i = 0; i < top.len; i++)
        only_digits = only_digits && ascii_digit(top.ptr[i]);
    return !only_digits;
}

// "If the <sender> has no local-part, the string "postmaster" is substituted" (RFC 7208 section 4.3); a null
// sender and the HELO identity are postmaster at the HELO name (sections 2.3 and 2.4).
static void find_sender(struct check_host *check)
{
    const struct spf_request *request = check->request;
    struct slice local = {0}, domain = slice_from(request->helo);
    if (request->identity == SPF_MAIL_FROM && request->sender[0])
        if (!slice_split_last(slice_from(request->sender), '@', &local, &domain)) {
            domain = local;
            local.len = 0;
        }
    if (local.len == 0)
        local = SLICE("postmaster");
    if (domain.len && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    int len = snprintf(check->sender_text, sizeof check->sender_text, "%.*s@%.*s", (int)local.len, local.ptr,
                       (int)domain.len, domain.ptr);
    check->sender = slice_make(check->sender_text, (size_t)len);
    check->local = slice_make(check->sender_text, local.len);
    check->sender_domain = slice_skip(check->sender, local.len + 1);
}

bool check_host_begin(struct check_host *check, const struct spf_request *request,
                      const struct spf_answers *answers, struct spf_verdict *out, struct spf_needs *needs)
{
    check->request = request;
    check->answers = answers;
    check->out = out;
    check->needs = needs;
    check->state = CHECK_HOST_GOING;
    check->records = check->at = check->next = 0;
    check->client_names_known = false;
    needs->count = 0;
    out->result = SPF_NONE;
    out->problem = SPF_NO_PROBLEM;
    out->wide = false;
    out->terms = out->voids = out->queries = 0;
    out->domain[0] = out->record_domain[0] = out->term[0] = out->explanation[0] = out->trace[0] = '\0';
    spf_trace_begin(&check->trace, request->trace ? out->trace : NULL, sizeof out->trace);
    find_sender(check);
    return domain_askable(check->sender_domain, out->domain);
}

void check_host_need(struct check_host *check, enum dns_type type, const char *name)
{
    struct spf_needs *needs = check->needs;
    for (unsigned i = 0; i < needs->count; i++)
        if (needs->questions[i].type == type && strcmp(needs->questions[i].name, name) == 0)
            return;
    if (needs->count == SPF_NEEDS_MAX)
        return;
    struct spf_question *question = &needs->questions[needs->count++];
    question->type = type;
    slice_copy(slice_from(name), question->name, sizeof question->name);
}

const struct dns_answer *check_host_prefetch(struct check_host *check, enum dns_type type, const char *name)
{
    struct spf_question question = {.type = type};
    slice_copy(slice_from(name), question.name, sizeof question.name);
    const struct dns_answer *answer = check->answers->find(check->answers->arg, &question);
    if (!answer) {
        check->state = CHECK_HOST_WAITING;
        check_host_need(check, type, name);
    }
    return answer;
}

const struct dns_answer *check_host_ask(struct check_host *check, enum dns_type type, const char *name)
{
    const struct dns_answer *answer = check_host_prefetch(check, type, name);
    if (answer) {
        check->out->queries++;
        spf_trace_answer(&check->trace, name, type, answer);
    }
    return answer;
}

void check_host_end(struct check_host *check, enum spf_result result, enum spf_problem problem,
                    const char *domain, struct slice term)
{
    struct spf_verdict *out = check->out;
    check->state = CHECK_HOST_OVER;
    out->result = result;
    out->problem = problem;
    spf_trace_printable(slice_from(domain), out->record_domain, sizeof out->record_domain);
    spf_trace_printable(term, out->term, sizeof out->term);
}

void check_host_end_at(struct check_host *check, enum spf_result result, enum spf_problem problem,
                       const struct term *term)
{
    check_host_end(check, result, problem, check->record[check->at].domain, term->text);
}

const struct term *check_host_term(const struct check_host *check)
{
    const struct client_record *record = &check->record[check->at];
    return check->next < record->count ? &record->terms[check->next] : NULL;
}

bool check_host_count_term(struct check_host *check, const struct term *term)
{
    if (++check->out->terms <= CHECK_HOST_TERMS_MAX)
        return true;
    check_host_end_at(check, SPF_PERMERROR, SPF_TOO_MANY_TERMS, term);
    return false;
}

bool check_host_count_void(struct check_host *check, const struct term *term)
{
    if (++check->out->voids <= CHECK_HOST_VOIDS_MAX)
        return true;
    check_host_end_at(check, SPF_PERMERROR, SPF_TOO_MANY_VOIDS, term);
    return false;
}
