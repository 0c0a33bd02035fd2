// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf_record.h"

#include "base/log.h"
#include "ctl/host_addresses.h"
#include "ctl/spf/spf_advice.h"
#include "ctl/worker/spf_worker.h"
#include "idn/idn.h"
#include "spfrecord/spf_amend.h"

#include <stdlib.h>
#include <sysexits.h>

enum { INCLUDE, HOSTS, DIRECTORY, DNS, WORKER, JSON };
static const struct ctl_option options[] = {
    [INCLUDE] = {"include", 0, "NAME", NULL, NULL,
                 "the name whose record lists the service's hosts; \"\": none"},
    [HOSTS] = {"hosts", 0, "LIST", NULL, NULL, "outgoing addresses, networks and host names, by blank"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", "/var/lib/emailgency/replica", "the node's replica"},
    [DNS] = SPF_WORKER_DNS,
    [WORKER] = SPF_WORKER_PROGRAM,
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

// An address that no record names: RFC 1112 section 4 reserves its network.
static const struct ip unlisted = {.bits = 32, .bytes = {240, 0, 0, 1}};

enum { RECORDS_MAX = 16 }; // of one name

struct asking {
    struct spf_client *client;
    char domain[DNS_NAME_MAX + 1];
    struct spf_hosts hosts;
    struct slice records[RECORDS_MAX];
    char *joined; // of several
    struct spf_facts facts;
};

static int problem(int code, const char *what, const char *why)
{
    fprintf(stderr, "emailgencyctl: %s: %s\n", log_text(slice_from(what)).text, why);
    return code;
}

static void check(struct spf_client *client, const char *domain, const struct ip *ip, struct spf_verdict *out)
{
    struct spf_request request = {.identity = SPF_MAIL_FROM, .client = *ip};
    snprintf(request.helo, sizeof request.helo, "%s", domain);
    snprintf(request.sender, sizeof request.sender, "postmaster@%s", domain);
    spf_worker_check(client, &request, out);
}

// The trail shows the beginning of a long record and "...": the last term, which may be cut, is left out.
static struct slice strip_cut(struct slice record, bool *cut)
{
    struct slice last;
    *cut = slice_has_suffix_nocase(record, SLICE("..."));
    if (*cut)
        (void)slice_split_last(record, ' ', &record, &last);
    return record;
}

// The records of `domain` in the trail, at most `max`; returns their number.
static unsigned find_records(const char *trail, const char *domain, struct slice *out, unsigned max,
                             bool *cut)
{
    char label[DNS_NAME_MAX + sizeof " TXT: v=spf1"];
    struct slice line, rest = slice_from(trail);
    unsigned count = 0;
    *cut = false;
    snprintf(label, sizeof label, "%s TXT: v=spf1", domain);
    const size_t len = strlen(label), record = len - strlen("v=spf1");
    while (rest.len && count < max) {
        bool this_cut;
        slice_split(rest, '\n', &line, &rest);
        if (line.len < len || !slice_equal_nocase(slice_make(line.ptr, len), slice_from(label)))
            continue;
        out[count++] = strip_cut(slice_skip(line, record), &this_cut);
        *cut = *cut || this_cut;
    }
    return count;
}

// Several records end the check before any is read again: each is in the trail once.
static bool find_own(struct asking *asking)
{
    struct spf_facts *facts = &asking->facts;
    const struct spf_verdict *verdict = &facts->unlisted;
    const bool several =
        verdict->problem == SPF_MANY_RECORDS && strcmp(verdict->record_domain, verdict->domain) == 0;
    const unsigned count =
        find_records(verdict->trace, asking->domain, asking->records, several ? RECORDS_MAX : 1, &facts->cut);
    facts->record = count ? asking->records[0] : slice_make(NULL, 0);
    if (count < 2)
        return true;
    facts->several = asking->records;
    facts->several_count = count;
    asking->joined = spf_amend_join(asking->records, count);
    facts->record = slice_from(asking->joined);
    return asking->joined != NULL;
}

static void ask_include(struct asking *asking)
{
    struct spf_facts *facts = &asking->facts;
    if (!asking->hosts.include[0]) {
        facts->included.problem = SPF_NO_RECORD;
        return;
    }
    check(asking->client, asking->hosts.include, &unlisted, &facts->included);
    struct slice record;
    bool cut;
    if (asking->hosts.count == 0 &&
        find_records(facts->included.trace, asking->hosts.include, &record, 1, &cut) > 0)
        spf_hosts_from_record(record, &asking->hosts);
}

static bool ask_trials(struct asking *asking)
{
    static struct ip addresses[SPF_HOSTS_ADDRESSES_MAX];
    const unsigned count = spf_hosts_addresses(&asking->hosts, addresses);
    struct spf_trial *trials = calloc(count ? count : 1, sizeof *trials);
    if (!trials)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct spf_verdict included = {.result = SPF_PASS};
        trials[i].client = addresses[i];
        check(asking->client, asking->domain, &addresses[i], &trials[i].verdict);
        if (asking->hosts.include[0])
            check(asking->client, asking->hosts.include, &addresses[i], &included);
        trials[i].included = included.result;
    }
    asking->facts.trials = trials;
    asking->facts.trial_count = count;
    return true;
}

// Without all facts the advice would be a guess.
static const char *find_failure(const struct spf_facts *facts, enum spf_problem *why)
{
    const struct spf_verdict *failed = NULL;
    if (facts->included.result == SPF_TEMPERROR)
        failed = &facts->included;
    if (facts->unlisted.result == SPF_TEMPERROR)
        failed = &facts->unlisted;
    for (unsigned i = 0; i < facts->trial_count && !failed; i++)
        if (facts->trials[i].verdict.result == SPF_TEMPERROR)
            failed = &facts->trials[i].verdict;
    *why = failed ? failed->problem : SPF_NO_PROBLEM;
    return failed ? failed->domain : NULL;
}

static int print(const struct spf_facts *facts, bool json)
{
    static struct spf_advice advice;
    if (!spf_advice_make(facts, &advice))
        return problem(EX_OSERR, "spf record", "out of memory");
    const bool done =
        json ? spf_advice_print_json(facts, &advice, stdout) : spf_advice_print(facts, &advice, stdout);
    spf_advice_finish(&advice);
    return done ? EX_OK : EX_IOERR;
}

static int ask(struct asking *asking, bool json)
{
    struct spf_facts *facts = &asking->facts;
    enum spf_problem why;
    facts->domain = asking->domain;
    facts->hosts = &asking->hosts;
    check(asking->client, asking->domain, &unlisted, &facts->unlisted);
    if (facts->unlisted.problem == SPF_NO_DOMAIN)
        return problem(EX_DATAERR, asking->domain, "is no domain that SPF asks for");
    ask_include(asking);
    if (!find_own(asking) || !ask_trials(asking))
        return problem(EX_OSERR, "spf record", "out of memory");
    const char *failed = find_failure(facts, &why);
    if (failed)
        return problem(EX_TEMPFAIL, failed, spf_problem_words(why));
    return print(facts, json);
}

static int read_rows(const char *path, struct spf_hosts *out)
{
    const struct directory_snapshot *rows;
    struct directory *directory = directory_create(path);
    if (!directory)
        return problem(EX_OSERR, "spf record", "out of memory");
    int code = EX_OK;
    if (directory_begin(directory, &rows) == DIRECTORY_OK) {
        spf_hosts_from_rows(rows, out);
        directory_end(directory);
    } else {
        code = problem(EX_UNAVAILABLE, path, directory_problem(directory));
    }
    directory_destroy(directory);
    return code;
}

// Reads a name in any case, in either form, with or without a final dot.
static bool read_name(const char *given, char out[DNS_NAME_MAX + 1])
{
    char ascii[IDN_TEXT_MAX + 1], text[DNS_NAME_MAX + 1];
    struct slice name = idn_to_ascii(slice_from(given), ascii);
    if (name.len > 1 && name.ptr[name.len - 1] == '.')
        name.len--;
    return slice_copy(name, text, sizeof text) && dns_name_fold(text, out);
}

// Options override the rows; with either of them no replica is needed.
static int read_hosts(const char *const *values, struct spf_hosts *out)
{
    struct slice bad;
    spf_hosts_from_rows(NULL, out);
    if (!values[INCLUDE] && !values[HOSTS]) {
        const int code = read_rows(values[DIRECTORY], out);
        if (code != EX_OK)
            return code;
    }
    if (values[INCLUDE] && values[INCLUDE][0] && !read_name(values[INCLUDE], out->include))
        return problem(EX_USAGE, values[INCLUDE], "is no domain name");
    if (values[HOSTS] && !spf_hosts_parse(slice_from(values[HOSTS]), host_addresses_add, out, &bad))
        return problem(EX_USAGE, values[HOSTS],
                       bad.len ? "holds a word that is neither an address, a network nor a known host name"
                               : "are too many networks: at most 128");
    return EX_OK;
}

static int run(char *const *operands, const char *const *values)
{
    static struct asking asking;
    if (!read_name(operands[0], asking.domain))
        return problem(EX_DATAERR, operands[0], "is no domain name such as example.com");
    int code = read_hosts(values, &asking.hosts);
    if (code != EX_OK)
        return code;
    asking.client = spf_worker_start(values[DNS], values[WORKER], &code);
    if (!asking.client)
        return code;
    code = ask(&asking, values[JSON]);
    free((void *)asking.facts.trials);
    free(asking.joined);
    spf_client_destroy(asking.client);
    return code;
}

const struct ctl_command spf_record_command = {
    .name = "spf record",
    .operands = "DOMAIN",
    .summary = "advise on the SPF record of a customer's domain",
    .options = options,
    .run = run,
};
