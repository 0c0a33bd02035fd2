// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain.h"

#include "base/clock.h"
#include "base/log.h"
#include "ctl/explain/explain_recipient.h"
#include "ctl/explain/explain_route.h"
#include "ctl/worker/spf_worker.h"
#include "idn/idn.h"

#include <inttypes.h>
#include <sysexits.h>

// The reply of Postfix if policyd does not refuse: smtpd's reject_unauth_destination and
// reject_unlisted_recipient (src/smtpd/smtpd_check.c).
static void settle_recipient(enum lookup_status status, enum lookup_reason reason,
                             struct explanation *explanation)
{
    if (status == LOOKUP_TEMP)
        explanation_answer(explanation, "451 4.3.0 Temporary lookup failure", lookup_reason_word(reason));
    else if (status == LOOKUP_NOT_FOUND && reason == LOOKUP_NOT_LOCAL)
        explanation_answer(explanation, "554 5.7.1 Relay access denied", lookup_reason_word(reason));
    else if (status == LOOKUP_NOT_FOUND)
        explanation_answer(explanation, "550 5.1.1 User unknown in relay recipient table",
                           lookup_reason_word(reason));
}

static bool ask_milter(const struct directory_snapshot *rows, const struct explain_rules *rules,
                       const struct explain_message *message, struct explanation *explanation,
                       char reply[EXPLAIN_REPLY_MAX], const char **reason)
{
    return (!message->sender && !message->login) ||
           explain_milter(rows, &rules->spf, message, explanation, reply, reason);
}

// If policyd permits, smtpd refuses unknown recipients, and asks the milter about the others
// (src/smtpd/smtpd.c, rcpt_cmd): here the milter is asked about all, and the answer is the first refusal.
enum explain_rc explain_make(const struct directory_snapshot *rows, const struct explain_rules *rules,
                             const struct explain_message *message, struct explanation *explanation)
{
    char folded[ADDRESS_MAX + 1], action[POLICY_REPLY_ACTION_MAX], reply[EXPLAIN_REPLY_MAX];
    const char *why;
    struct slice local, name;
    struct domain_row domain;
    enum lookup_reason reason;
    if (idn_address_fold(slice_from(message->recipient), folded) != ADDRESS_OK)
        return EXPLAIN_NO_ADDRESS;
    (void)slice_split_last(slice_from(folded), '@', &local, &name);
    const enum directory_rc rc = explain_domain(rows, name, explanation, &domain);
    if (rc == DIRECTORY_OK)
        explain_recipient(rows, local, name, explanation);
    const enum lookup_status status = explain_route(rows, &rules->route, folded, explanation, &reason);
    explain_deny(rows, folded, explanation);
    explain_policy(rows, rules->identity, message, &rules->supposed, explanation, action);
    if (rc == DIRECTORY_OK)
        explain_milter_rows(rows, &domain, local, explanation);
    const bool taken = ask_milter(rows, rules, message, explanation, reply, &why);
    const bool permitted = strcmp(action, "DUNNO") == 0 || strcmp(action, "reject_unverified_recipient") == 0;
    if (permitted && !message->client && !message->sender && !message->login)
        explanation_answer(explanation, action, lookup_reason_word(reason));
    if (permitted && !taken)
        explanation_answer(explanation, reply, why);
    if (permitted && !message->login)
        settle_recipient(status, reason, explanation);
    return rc == DIRECTORY_NOT_FOUND && !message->login ? EXPLAIN_NOT_LOCAL : EXPLAIN_OK;
}

enum explain_rc explain_make_domain(const struct directory_snapshot *rows, const struct explain_rules *rules,
                                    const char *domain, struct explanation *explanation)
{
    char folded[ADDRESS_DOMAIN_MAX + 1];
    struct domain_row row;
    struct plan_row plan;
    if (!idn_domain(slice_from(domain), folded) || !strchr(folded, '.'))
        return EXPLAIN_NO_ADDRESS;
    const enum directory_rc rc = explain_domain(rows, slice_from(folded), explanation, &row);
    if (rc == DIRECTORY_OK && directory_plan(rows, row.plan, &plan) == DIRECTORY_OK)
        explanation_row(explanation, DIRECTORY_PLAN, &plan, NULL);
    explain_route_domain(rows, &rules->route, slice_from(folded), explanation);
    if (rc == DIRECTORY_OK)
        explain_milter_domain(rows, &row, explanation);
    return rc == DIRECTORY_NOT_FOUND ? EXPLAIN_NOT_LOCAL : EXPLAIN_OK;
}

enum {
    CLIENT,
    NAME,
    HELO,
    SENDER,
    LOGIN,
    SIZE,
    DNSBL,
    GREYLIST,
    SPF,
    DNS,
    WORKER,
    LMTP,
    PROTOCOLS,
    DIRECTORY,
    JSON
};
static const struct ctl_option options[] = {
    [CLIENT] = {"client", 0, "IP", NULL, NULL, "the sending server's address"},
    [NAME] = {"name", 0, "HOST", NULL, NULL, "its name, confirmed forward and back"},
    [HELO] = {"helo", 0, "NAME", NULL, NULL, "its HELO name, for SPF"},
    [SENDER] = {"sender", 0, "ADDRESS", NULL, NULL, "the envelope sender; \"\" is the null sender"},
    [LOGIN] = {"login", 0, "LOGIN", NULL, NULL, "the authenticated user, at a submission service"},
    [SIZE] = {"size", 0, "BYTES", NULL, NULL, "the size that MAIL FROM declares"},
    [DNSBL] = {"dnsbl", 0, "WORD", NULL, "clear",
               "result of the DNS lists: clear, suspicious, listed or allowed"},
    [GREYLIST] = {"greylist", 0, "WORD", NULL, "new", "state in the greylist: new, pass or away"},
    [SPF] = {"spf", 0, "WORD", NULL, "ask", "result of SPF: ask the DNS, or a result such as fail"},
    [DNS] = SPF_WORKER_DNS,
    [WORKER] = SPF_WORKER_PROGRAM,
    [LMTP] = {"lmtp", 0, "DEST", NULL, "unix:private/dovecot-lmtp", "transportmap's lmtp_destination"},
    [PROTOCOLS] = {"inet-protocols", 0, "WORD", NULL, "all", "Postfix's: all, ipv4 or ipv6"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", "/var/lib/emailgency/replica", "the node's replica"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

static const char *const protocol_words[] = {"all", "ipv4", "ipv6", NULL};

static const struct ctl_choice choices[] = {{"dnsbl", explain_dnsbl_words},
                                            {"greylist", explain_greylist_words},
                                            {"spf", explain_spf_words},
                                            {"inet-protocols", protocol_words},
                                            {NULL, NULL}};

static int problem(int code, const char *what, const char *why)
{
    fprintf(stderr, "emailgencyctl: %s: %s\n", log_text(slice_from(what)).text, why);
    return code;
}

static int print(const struct explanation *explanation, bool json, int code)
{
    const bool done =
        json ? explanation_print_json(explanation, stdout) : explanation_print(explanation, stdout);
    return done ? code : problem(EX_IOERR, "explain", "the answer could not be written");
}

static void show_replica(const struct directory_snapshot *rows, const char *path,
                         struct explanation *explanation)
{
    const int64_t checked_at = directory_checked_at(rows), age = clock_wall() - checked_at;
    if (checked_at <= 0)
        explanation_step(explanation, "replica", slice_from(path), "never proved current");
    else if (age > DIRECTORY_STALE_S)
        explanation_step(
            explanation, "replica", slice_from(path),
            "may be old: last proved current %" PRId64 " s ago; is emailgency-replicator running?", age);
    else
        explanation_step(explanation, "replica", slice_from(path),
                         "current as of %" PRId64 " s ago (noted at least every %d s)", age,
                         DIRECTORY_CHECKED_EVERY_S);
}

static int explain_with(const struct directory_snapshot *rows, const struct explain_message *message,
                        const struct explain_rules *rules, const char *const *values)
{
    static const int codes[] = {
        [EXPLAIN_OK] = EX_OK, [EXPLAIN_NO_ADDRESS] = EX_DATAERR, [EXPLAIN_NOT_LOCAL] = EX_NOUSER};
    struct explanation explanation;
    explanation_init(&explanation);
    show_replica(rows, values[DIRECTORY], &explanation);
    const enum explain_rc rc = strchr(message->recipient, '@')
                                   ? explain_make(rows, rules, message, &explanation)
                                   : explain_make_domain(rows, rules, message->recipient, &explanation);
    const int code =
        rc == EXPLAIN_NO_ADDRESS
            ? problem(codes[rc], message->recipient,
                      "is no address such as user@example.com, and no domain such as example.com")
            : print(&explanation, values[JSON], codes[rc]);
    explanation_finish(&explanation);
    return code;
}

// Returns whether an option that describes a message is given.
static bool has_message(const char *const *values)
{
    for (int i = CLIENT; i <= SIZE; i++)
        if (values[i])
            return true;
    return false;
}

static bool read_message(const char *recipient, const char *const *values, struct explain_message *out)
{
    struct ip ip;
    unsigned long long size = 0;
    *out = (struct explain_message){.recipient = recipient,
                                    .client = values[CLIENT],
                                    .name = values[NAME],
                                    .helo = values[HELO],
                                    .sender = values[SENDER],
                                    .login = values[LOGIN],
                                    .size = -1};
    const char *wrong = NULL, *why = "is no IP address";
    if (!strchr(recipient, '@') && has_message(values))
        wrong = recipient,
        why = "is no address such as user@example.com, which the options of a message need";
    else if (values[CLIENT] && !ip_parse(slice_from(values[CLIENT]), &ip))
        wrong = values[CLIENT];
    else if (values[SIZE] && !slice_number(slice_from(values[SIZE]), INT64_MAX, &size))
        wrong = values[SIZE], why = "is no number of bytes";
    else if (values[SIZE] && !values[SENDER] && !values[LOGIN])
        wrong = "--size", why = "needs a message: give its --sender, too";
    if (wrong)
        return problem(0, wrong, why) != 0;
    if (values[SIZE])
        out->size = (int64_t)size;
    return true;
}

static bool read_rules(const char *const *values, struct explain_rules *out)
{
    int dnsbl, greylist, spf, protocol;
    if (!ctl_word("dnsbl", values[DNSBL], explain_dnsbl_words, &dnsbl) ||
        !ctl_word("greylist", values[GREYLIST], explain_greylist_words, &greylist) ||
        !ctl_word("spf", values[SPF], explain_spf_words, &spf) ||
        !ctl_word("inet-protocols", values[PROTOCOLS], protocol_words, &protocol) ||
        !spf_worker_dns_valid(values[DNS]))
        return false;
    *out = (struct explain_rules){
        .supposed = {.dnsbl = (enum dnsbl_outcome)dnsbl, .greylist = (enum greylist_outcome)greylist},
        .spf = {.word = spf, .dns = values[DNS], .worker = values[WORKER]},
        .route = {.lmtp_destination = values[LMTP],
                  .round_trip_destination = "unix:emailgency/round-trip",
                  .ipv4 = protocol != 2,
                  .ipv6 = protocol != 1}};
    return true;
}

static int run(char *const *operands, const char *const *values)
{
    struct explain_message message;
    struct explain_rules rules;
    const struct directory_snapshot *rows;
    if (!read_message(operands[0], values, &message) || !read_rules(values, &rules))
        return EX_USAGE;
    struct directory *directory = directory_create(values[DIRECTORY]);
    if (!directory)
        return problem(EX_OSERR, "explain", "out of memory");
    struct identity_rules *identity = identity_rules_create();
    rules.identity = identity;
    int code;
    if (directory_begin(directory, &rows) == DIRECTORY_OK) {
        code = explain_with(rows, &message, &rules, values);
        directory_end(directory);
    } else {
        code = problem(EX_UNAVAILABLE, values[DIRECTORY], directory_problem(directory));
    }
    identity_rules_destroy(identity);
    directory_destroy(directory);
    return code;
}

const struct ctl_command explain_command = {
    .name = "explain",
    .operands = "ADDRESS|DOMAIN",
    .summary = "print the decision on mail to ADDRESS, step by step, or the rows of DOMAIN",
    .options = options,
    .choices = choices,
    .run = run,
};
