// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain_spf.h"

#include "base/log.h"
#include "ctl/worker/spf_worker.h"
#include "idn/idn.h"

#include <stdio.h>

const char *const explain_spf_words[] = {"ask",      "none",      "neutral",   "pass", "fail",
                                         "softfail", "temperror", "permerror", NULL};
_Static_assert(sizeof explain_spf_words / sizeof *explain_spf_words == SPF_RESULTS + 2,
               "ask, each result, NULL");

// The sender without <>, in A-labels.
static struct slice sender_of(const struct explain_message *message, char ascii[IDN_TEXT_MAX + 1])
{
    const struct slice given = slice_from(message->sender ? message->sender : "");
    const bool bare = given.len < 2 || given.ptr[0] != '<' || given.ptr[given.len - 1] != '>';
    return idn_to_ascii(bare ? given : slice_make(given.ptr + 1, given.len - 2), ascii);
}

static void take(const struct explain_spf_results *spf, const struct explain_message *message,
                 struct explanation *explanation, struct spf_findings *out)
{
    char ascii[IDN_TEXT_MAX + 1];
    const struct slice sender = sender_of(message, ascii);
    struct slice local, domain = SLICE("");
    out->mail_from = (struct spf_finding){.checked = true, .result = (enum spf_result)(spf->word - 1)};
    if (!slice_split_last(sender, '@', &local, &domain) && message->helo)
        domain = slice_from(message->helo);
    (void)slice_copy_lower(domain, out->mail_from.domain, sizeof out->mail_from.domain);
    explanation_step(explanation, "spf", sender, "not asked here, taken as \"%s\" (--spf)",
                     explain_spf_words[spf->word]);
}

static void show(const struct spf_request *request, const struct spf_verdict *verdict,
                 struct explanation *explanation)
{
    const bool helo = request->identity == SPF_HELO;
    const char *problem = spf_problem_words(verdict->problem);
    char by[SPF_TERM_MAX + SPF_NAME_MAX + 16] = "";
    if (verdict->term[0] && verdict->record_domain[0])
        snprintf(by, sizeof by, ", by %s of %s", verdict->term, verdict->record_domain);
    explanation_step(explanation, "spf", slice_from(helo ? request->helo : request->sender),
                     "%s of the %s identity%s%s%s%s", spf_result_word(verdict->result),
                     helo ? "HELO" : "MAIL FROM", by, problem[0] ? ": " : "", problem,
                     verdict->wide ? ", by a network that lets everybody pass" : "");
}

static void check(struct spf_client *client, struct spf_request *request, enum spf_identity identity,
                  struct explanation *explanation, struct spf_finding *out)
{
    struct spf_verdict verdict = {.result = SPF_TEMPERROR, .problem = SPF_NO_WORKER};
    request->identity = identity;
    if (client)
        spf_worker_check(client, request, &verdict);
    spf_finding_keep(&verdict, out);
    show(request, &verdict, explanation);
}

void explain_spf(const struct explain_spf_results *spf, const struct spf_policy *policy,
                 const struct explain_message *message, struct explanation *explanation,
                 struct spf_findings *out)
{
    struct spf_request request = {.identity = SPF_MAIL_FROM};
    char ascii[IDN_TEXT_MAX + 1];
    int code;
    *out = (struct spf_findings){.mail_from = {.checked = false}};
    if (!ip_parse(slice_from(message->client), &out->client))
        return; // SPF does not apply
    if (spf->word > 0) {
        take(spf, message, explanation, out);
        return;
    }
    request.client = out->client;
    (void)slice_copy(sender_of(message, ascii), request.sender, sizeof request.sender);
    (void)slice_copy(idn_to_ascii(slice_from(message->helo ? message->helo : ""), ascii), request.helo,
                     sizeof request.helo);
    struct spf_client *client = spf_worker_start(spf->dns, spf->worker, &code); // it has printed why
    check(client, &request, SPF_MAIL_FROM, explanation, &out->mail_from);
    if (policy->helo != SPF_OFF && request.sender[0] && request.helo[0])
        check(client, &request, SPF_HELO, explanation, &out->helo);
    spf_client_destroy(client);
}

static void put_results(FILE *out, const struct spf_policy *policy, enum spf_policy_action action,
                        const char *label)
{
    const char *head = label;
    for (int result = 0; result < SPF_RESULTS; result++)
        if (policy->action[result] == action) {
            fprintf(out, "%s %s", head, spf_result_word((enum spf_result)result));
            head = ",";
        }
    if (head != label)
        fputs("; ", out);
}

void explain_spf_rows(const struct spf_policy *policy, const struct domain_row *domain,
                      struct explanation *explanation)
{
    char text[256] = "";
    FILE *out = domain->spf == SPF_REJECT ? fmemopen(text, sizeof text, "w") : NULL;
    if (out) {
        put_results(out, policy, SPF_POLICY_REFUSE, "refuses");
        put_results(out, policy, SPF_POLICY_DEFER, "defers");
        fprintf(out, "%swhite-listed senders are exempt",
                policy->helo == SPF_REJECT ? "a fail of the HELO name refuses; " : "");
        fclose(out);
    }
    explanation_step(explanation, "spf", domain->name, "%s",
                     domain->spf == SPF_OFF    ? "not checked (domain.spf)"
                     : domain->spf == SPF_MARK ? "a header shows the result, nothing is refused (domain.spf)"
                                               : text);
}
