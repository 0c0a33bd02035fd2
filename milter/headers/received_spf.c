// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/received_spf.h"

#include "milter/headers/header_text.h"

#include <stdio.h>

#define FIELD_NAME_LEN strlen("Received-SPF")
#define SHOWN_MAX 100 // bytes of a name in the comment; the pairs have it in full
#define SUBJECT_MAX (SHOWN_MAX + 32)

// The comment's wordings: 1 is the identity, 2 the client.
static const char *const wordings[SPF_RESULTS] = {
    [SPF_NONE] = "%1$s does not designate permitted sender hosts",
    [SPF_NEUTRAL] = "%2$s is neither permitted nor denied by %1$s",
    [SPF_PASS] = "%1$s designates %2$s as permitted sender",
    [SPF_FAIL] = "%1$s does not designate %2$s as permitted sender",
    [SPF_SOFTFAIL] = "transitioning %1$s does not designate %2$s as permitted sender",
    [SPF_TEMPERROR] = "temporary error while checking %1$s",
    [SPF_PERMERROR] = "permanent error while checking %1$s",
};

// The arguments of "%.*s%s" that show a name, with "..." where it is cut.
#define SHOWN(name)                                                                                          \
    (int)((name).len > SHOWN_MAX ? SHOWN_MAX : (name).len), (name).len ? (name).ptr : "",                    \
        (name).len > SHOWN_MAX ? "..." : ""

// "domain of a@b.example"; the null sender is postmaster of the HELO name (RFC 7208 section 2.4).
static void name_subject(const struct spf_report *report, char out[SUBJECT_MAX])
{
    const struct slice sender = header_text_address(report->sender);
    const struct slice helo = slice_from(report->spf->helo_name);
    if (sender.len)
        snprintf(out, SUBJECT_MAX, "domain of %.*s%s", SHOWN(sender));
    else
        snprintf(out, SUBJECT_MAX, "domain of postmaster@%.*s%s", SHOWN(helo));
}

static void put_comment(struct header_text *text, const struct spf_report *report, enum spf_result result,
                        const char *client)
{
    char subject[SUBJECT_MAX], wording[SUBJECT_MAX + CIDR_TEXT_MAX + 80], comment[512];
    name_subject(report, subject);
    snprintf(wording, sizeof wording, wordings[result], subject, client);
    snprintf(comment, sizeof comment, "%.*s%s: %s", SHOWN(report->receiver), wording);
    header_text_comment(text, slice_from(comment));
}

// key "=" ( dot-atom / quoted-string )
static void put_pair(struct header_text *text, struct slice key, struct slice value, bool quoted)
{
    header_text_put(text, key);
    header_text_put(text, SLICE("="));
    if (!quoted && value.len <= HEADER_VALUE_MAX && header_text_is_dot_atom(value))
        header_text_put(text, value);
    else
        header_text_quote(text, value);
    header_text_put(text, SLICE(";"));
    header_text_break(text);
}

size_t received_spf_write(const struct spf_report *report, char out[RECEIVED_SPF_MAX])
{
    const struct spf_finding *finding = &report->spf->mail_from;
    const enum spf_result result = spf_policy_result(report->policy, finding);
    const struct slice term = slice_from(finding->term), sender = header_text_address(report->sender);
    struct header_text text;
    char client[CIDR_TEXT_MAX];
    ip_format(&report->spf->client, client);
    header_text_begin(&text, FIELD_NAME_LEN, out, RECEIVED_SPF_MAX);
    header_text_put(&text, slice_from(spf_result_word(result)));
    put_comment(&text, report, result, client);
    put_pair(&text, SLICE("receiver"), report->receiver, false);
    put_pair(&text, SLICE("identity"), SLICE("mailfrom"), false);
    put_pair(&text, SLICE("client-ip"), slice_from(client), false);
    put_pair(&text, SLICE("envelope-from"), sender.len ? sender : SLICE("<>"), true);
    put_pair(&text, SLICE("helo"), slice_from(report->spf->helo_name), false);
    if (term.len)
        put_pair(&text, SLICE("mechanism"), term, false);
    if (finding->problem != SPF_NO_PROBLEM)
        put_pair(&text, SLICE("problem"), slice_from(spf_problem_words(finding->problem)), false);
    return header_text_finish(&text);
}
