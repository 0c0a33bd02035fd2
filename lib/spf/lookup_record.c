// SPDX-License-Identifier: BSD-2-Clause
// Finding the record of a domain (RFC 7208 sections 4.4 and 4.5), and the way from one record to the next.
#include "spf/lookup.h"

// The SPF record among TXT records; `*count` says how many there are.
static struct slice choose(const struct resolver_answer *answer, unsigned *count)
{
    struct slice chosen = {0};
    *count = 0;
    for (unsigned i = 0; answer->rc == RESOLVER_FOUND && i < answer->count; i++)
        if (record_is_spf(answer->data[i])) {
            chosen = answer->data[i];
            ++*count;
        }
    return chosen;
}

static enum lookup_rc no_record(struct check *check, const char *domain, const struct resolver_answer *answer)
{
    if (answer->rc == RESOLVER_FOUND)
        trail_line(&check->trail, "%s TXT: no SPF record", domain);
    return LOOKUP_NONE;
}

// Of several records each is shown, though none counts.
static void show_records(struct check *check, const char *domain, const struct resolver_answer *answer)
{
    for (unsigned i = 0; answer->rc == RESOLVER_FOUND && i < answer->count; i++) {
        const struct slice text = answer->data[i];
        const bool cut = text.len > SPF_RECORD_MAX;
        if (record_is_spf(text))
            trail_line(&check->trail, "%s TXT: %.*s%s", domain, cut ? SPF_RECORD_MAX : (int)text.len,
                       text.ptr, cut ? "..." : "");
    }
}

// Reads the record into the next free place. `asking` is the term that leads to it; NULL: the check does.
static enum lookup_rc read_record(struct check *check, const char *domain, const struct term *asking)
{
    struct canonical *record = &check->record[check->records];
    struct slice term = asking ? asking->text : slice_make(NULL, 0), bad;
    const char *asked_by = asking ? check->record[check->at].domain : "";
    unsigned found;
    const struct resolver_answer *answer = check_ask(check, RESOLVER_TXT, domain);
    if (!answer)
        return LOOKUP_STOP;
    struct slice text = choose(answer, &found);
    if (answer->rc == RESOLVER_FAILED || answer->rc == RESOLVER_TIMEOUT ||
        (found == 0 && answer->truncated)) // it may be among those that were not kept
        check_end(check, SPF_TEMPERROR, SPF_DNS_FAILED, asked_by, term);
    else if (found == 0)
        return no_record(check, domain, answer);
    else if (found > 1)
        check_end(check, SPF_PERMERROR, SPF_MANY_RECORDS, domain, slice_make(NULL, 0));
    else if (text.len > SPF_RECORD_MAX)
        check_end(check, SPF_PERMERROR, SPF_LONG_RECORD, domain, slice_make(NULL, 0));
    else if (!canonical_read(text, &check->request->client, record, &bad))
        check_end(check, SPF_PERMERROR, SPF_SYNTAX, domain, bad);
    show_records(check, domain, answer);
    if (check->state != CHECK_GOING)
        return LOOKUP_STOP;
    slice_copy(slice_from(domain), record->domain, sizeof record->domain);
    check->records++;
    return LOOKUP_FOUND;
}

_Static_assert(RESOLVER_TEXT_MAX > SPF_RECORD_MAX, "a longer text must show");

enum lookup_rc lookup_first_record(struct check *check)
{
    enum lookup_rc rc = read_record(check, check->out->domain, NULL);
    if (rc == LOOKUP_NONE)
        check_end(check, SPF_NONE, SPF_NO_RECORD, "", slice_make(NULL, 0));
    check->record[0].included = false;
    check->at = check->next = 0;
    check->term_void = false;
    return rc;
}

enum lookup_rc lookup_record(struct check *check)
{
    const struct term *term = check_term(check);
    bool included = term != NULL;
    char domain[DNS_NAME_MAX + 1];
    if (!term)
        term = &check->record[check->at].redirect;
    if (!check_count_term(check, term))
        return LOOKUP_STOP;
    enum target_rc target = check_target(check, check->at, term, domain);
    if (target == TARGET_WAITS)
        return LOOKUP_STOP;
    enum lookup_rc rc = target == TARGET_OK ? read_record(check, domain, term) : LOOKUP_NONE;
    if (rc == LOOKUP_NONE) {
        check_end_at(check, SPF_PERMERROR, SPF_TARGET_MISSING, term);
        return LOOKUP_STOP;
    }
    if (rc == LOOKUP_FOUND) {
        struct canonical *record = &check->record[check->records - 1];
        record->included = included;
        record->parent = check->at;
        record->parent_term = check->next;
        check->at = check->records - 1;
        check->next = 0;
    }
    return rc;
}
