// SPDX-License-Identifier: BSD-2-Clause
// Finding the record of a domain (RFC 7208 sections 4.4 and 4.5), and the way from one record to the next.
#include "spf/spf_lookup.h"

#include "spf/spf_target.h"

// The SPF record among TXT records; `*count` says how many there are.
static struct slice choose(const struct dns_answer *answer, unsigned *count)
{
    struct slice chosen = {0};
    *count = 0;
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++)
        if (record_is_spf(answer->data[i])) {
            chosen = answer->data[i];
            ++*count;
        }
    return chosen;
}

static enum spf_lookup_rc no_record(struct check_host *check, const char *domain,
                                    const struct dns_answer *answer)
{
    if (answer->rc == DNS_FOUND)
        spf_trace_line(&check->trace, "%s TXT: no SPF record", domain);
    return SPF_LOOKUP_NONE;
}

// Of several records each is shown, though none counts.
static void show_records(struct check_host *check, const char *domain, const struct dns_answer *answer)
{
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++) {
        const struct slice text = answer->data[i];
        const bool cut = text.len > SPF_RECORD_MAX;
        if (record_is_spf(text))
            spf_trace_line(&check->trace, "%s TXT: %.*s%s", domain, cut ? SPF_RECORD_MAX : (int)text.len,
                           text.ptr, cut ? "..." : "");
    }
}

// Reads the record into the next free place. `asking` is the term that leads to it; NULL: the check does.
static enum spf_lookup_rc read_record(struct check_host *check, const char *domain, const struct term *asking)
{
    struct client_record *record = &check->record[check->records];
    struct slice term = asking ? asking->text : slice_make(NULL, 0), bad;
    const char *asked_by = asking ? check->record[check->at].domain : "";
    unsigned found;
    const struct dns_answer *answer = check_host_ask(check, DNS_TYPE_TXT, domain);
    if (!answer)
        return SPF_LOOKUP_STOP;
    struct slice text = choose(answer, &found);
    if (answer->rc == DNS_FAILED || answer->rc == DNS_TIMEOUT ||
        (found == 0 && answer->truncated)) // it may be among those that were not kept
        check_host_end(check, SPF_TEMPERROR, SPF_DNS_FAILED, asked_by, term);
    else if (found == 0)
        return no_record(check, domain, answer);
    else if (found > 1)
        check_host_end(check, SPF_PERMERROR, SPF_MANY_RECORDS, domain, slice_make(NULL, 0));
    else if (text.len > SPF_RECORD_MAX)
        check_host_end(check, SPF_PERMERROR, SPF_LONG_RECORD, domain, slice_make(NULL, 0));
    else if (!client_record_read(text, &check->request->client, record, &bad))
        check_host_end(check, SPF_PERMERROR, SPF_SYNTAX, domain, bad);
    show_records(check, domain, answer);
    if (check->state != CHECK_HOST_GOING)
        return SPF_LOOKUP_STOP;
    slice_copy(slice_from(domain), record->domain, sizeof record->domain);
    check->records++;
    return SPF_LOOKUP_FOUND;
}

_Static_assert(DNS_TEXT_MAX > SPF_RECORD_MAX, "a longer text must show");

enum spf_lookup_rc spf_lookup_first_record(struct check_host *check)
{
    enum spf_lookup_rc rc = read_record(check, check->out->domain, NULL);
    if (rc == SPF_LOOKUP_NONE)
        check_host_end(check, SPF_NONE, SPF_NO_RECORD, "", slice_make(NULL, 0));
    check->record[0].included = false;
    check->at = check->next = 0;
    check->term_void = false;
    return rc;
}

enum spf_lookup_rc spf_lookup_record(struct check_host *check)
{
    const struct term *term = check_host_term(check);
    bool included = term != NULL;
    char domain[DNS_NAME_MAX + 1];
    if (!term)
        term = &check->record[check->at].redirect;
    if (!check_host_count_term(check, term))
        return SPF_LOOKUP_STOP;
    enum spf_target_rc target = spf_target_find(check, check->at, term, domain);
    if (target == SPF_TARGET_WAITS)
        return SPF_LOOKUP_STOP;
    enum spf_lookup_rc rc = target == SPF_TARGET_OK ? read_record(check, domain, term) : SPF_LOOKUP_NONE;
    if (rc == SPF_LOOKUP_NONE) {
        check_host_end_at(check, SPF_PERMERROR, SPF_TARGET_MISSING, term);
        return SPF_LOOKUP_STOP;
    }
    if (rc == SPF_LOOKUP_FOUND) {
        struct client_record *record = &check->record[check->records - 1];
        record->included = included;
        record->parent = check->at;
        record->parent_term = check->next;
        check->at = check->records - 1;
        check->next = 0;
    }
    return rc;
}
