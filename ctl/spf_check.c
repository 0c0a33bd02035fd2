// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf_check.h"

#include "base/log.h"
#include "ctl/spf/spf_transcript.h"
#include "ctl/worker/spf_worker.h"
#include "idn/idn.h"

#include <sysexits.h>

enum { IP, HELO_NAME, SENDER };

enum { HELO, DNS, WORKER, JSON };
static const struct ctl_option options[] = {
    [HELO] = {"helo", 0, NULL, NULL, NULL, "check the HELO name; SENDER is not needed"},
    [DNS] = SPF_WORKER_DNS,
    [WORKER] = SPF_WORKER_PROGRAM,
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

static bool problem(const char *what, const char *why)
{
    fprintf(stderr, "emailgencyctl: %s: %s\n", log_text(slice_from(what)).text, why);
    return false;
}

// The address as in MAIL FROM, or without its angle brackets.
static struct slice strip_brackets(struct slice in)
{
    return in.len >= 2 && in.ptr[0] == '<' && in.ptr[in.len - 1] == '>' ? slice_make(in.ptr + 1, in.len - 2)
                                                                        : in;
}

static bool read_request(char *const *operands, bool helo, struct spf_request *out)
{
    char ascii[IDN_TEXT_MAX + 1];
    *out = (struct spf_request){.identity = helo ? SPF_HELO : SPF_MAIL_FROM};
    if (!ip_parse(slice_from(operands[IP]), &out->client))
        return problem(operands[IP], "is no IP address");
    if (!slice_copy(idn_to_ascii(slice_from(operands[HELO_NAME]), ascii), out->helo, sizeof out->helo))
        return problem(operands[HELO_NAME], "is too long for a HELO name");
    if (helo)
        return true;
    if (!operands[SENDER])
        return problem("SENDER", "is missing: an address, \"\" for the null sender, or --helo");
    if (!slice_copy(idn_to_ascii(strip_brackets(slice_from(operands[SENDER])), ascii), out->sender,
                    sizeof out->sender))
        return problem(operands[SENDER], "is too long for an address");
    return true;
}

static int run(char *const *operands, const char *const *values)
{
    struct spf_request request;
    struct spf_verdict verdict;
    int code = EX_OK;
    if (!read_request(operands, values[HELO], &request))
        return EX_USAGE;
    struct spf_client *client = spf_worker_start(values[DNS], values[WORKER], &code);
    if (!client)
        return code;
    spf_worker_check(client, &request, &verdict);
    spf_client_destroy(client);
    bool done = values[JSON] ? spf_transcript_print_json(&request, &verdict, stdout)
                             : spf_transcript_print(&request, &verdict, stdout);
    if (!done)
        return EX_IOERR;
    return verdict.result == SPF_TEMPERROR ? EX_TEMPFAIL : EX_OK;
}

const struct ctl_command spf_check_command = {
    .name = "spf check",
    .operands = "IP HELO [SENDER]",
    .summary = "check a client by SPF: result, mechanism, look-ups and trail",
    .options = options,
    .run = run,
};
