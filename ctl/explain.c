// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain.h"

#include "base/clock.h"
#include "base/log.h"
#include "ctl/explain_recipient.h"
#include "ctl/explain_route.h"

#include <inttypes.h>
#include <sysexits.h>

// What Postfix says where policyd does not object: smtpd's reject_unauth_destination and
// reject_unlisted_recipient (src/smtpd/smtpd_check.c).
static void settle_recipient(enum lookup_status status, enum lookup_reason reason,
                             struct explanation *explanation)
{
    if (status == LOOKUP_TEMP)
        explanation_answer(explanation, "451 4.3.0 Temporary lookup failure", lookup_reason_word(reason));
    else if (status == LOOKUP_NOT_FOUND && reason == LOOKUP_NOT_OURS)
        explanation_answer(explanation, "554 5.7.1 Relay access denied", lookup_reason_word(reason));
    else if (status == LOOKUP_NOT_FOUND)
        explanation_answer(explanation, "550 5.1.1 User unknown in relay recipient table",
                           lookup_reason_word(reason));
}

enum explain_rc explain_make(const struct directory_snapshot *rows, const struct explain_rules *rules,
                             const struct explain_message *message, struct explanation *explanation)
{
    char folded[ADDRESS_MAX + 1], action[REPLY_ACTION_MAX];
    struct slice local, name;
    struct domain_row domain;
    enum lookup_reason reason;
    if (address_fold(slice_from(message->recipient), folded) != ADDRESS_OK)
        return EXPLAIN_NO_ADDRESS;
    (void)slice_split_last(slice_from(folded), '@', &local, &name);
    const enum directory_rc rc = explain_domain(rows, name, explanation, &domain);
    if (rc == DIRECTORY_OK)
        explain_recipient(rows, local, name, explanation);
    const enum lookup_status status = explain_route(rows, &rules->route, folded, explanation, &reason);
    explain_deny(rows, folded, explanation);
    explain_policy(rows, rules->identity, message, explanation, action);
    const bool permitted = strcmp(action, "DUNNO") == 0 || strcmp(action, "reject_unverified_recipient") == 0;
    if (permitted && !message->client && !message->sender && !message->login)
        explanation_answer(explanation, action, lookup_reason_word(reason));
    if (permitted && !message->login)
        settle_recipient(status, reason, explanation);
    return rc == DIRECTORY_NOT_FOUND ? EXPLAIN_NOT_OURS : EXPLAIN_OK;
}

enum { CLIENT, NAME, SENDER, LOGIN, DNSBL, GREYLIST, LMTP, PROTOCOLS, DIRECTORY, JSON };
static const struct ctl_option options[] = {
    [CLIENT] = {"client", 0, "IP", NULL, NULL, "the sending server's address"},
    [NAME] = {"name", 0, "HOST", NULL, NULL, "its name, confirmed forward and back"},
    [SENDER] = {"sender", 0, "ADDRESS", NULL, NULL, "the envelope sender; \"\" is the null sender"},
    [LOGIN] = {"login", 0, "LOGIN", NULL, NULL, "who is authenticated, at a submission service"},
    [DNSBL] = {"dnsbl", 0, "WORD", NULL, "clear", "what DNS lists say: clear, suspicious, listed or allowed"},
    [GREYLIST] = {"greylist", 0, "WORD", NULL, "new", "what greylisting knows: new, pass or away"},
    [LMTP] = {"lmtp", 0, "DEST", NULL, "unix:private/dovecot-lmtp", "transportmap's lmtp_destination"},
    [PROTOCOLS] = {"inet-protocols", 0, "WORD", NULL, "all", "Postfix's: all, ipv4 or ipv6"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", "/var/lib/emailgency", "the node's replica"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    {.name = NULL},
};

static int problem(int code, const char *what, const char *why)
{
    fprintf(stderr, "emailgencyctl: %s: %s\n", log_value(slice_from(what)).text, why);
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
    const int64_t checked_at = directory_checked_at(rows);
    if (checked_at > 0)
        explanation_step(explanation, "replica", slice_from(path), "proved current %" PRId64 " s ago",
                         clock_wall() - checked_at);
    else
        explanation_step(explanation, "replica", slice_from(path), "never proved current");
}

static int explain_with(const struct directory_snapshot *rows, const struct explain_message *message,
                        const char *const *values)
{
    static const int codes[] = {
        [EXPLAIN_OK] = EX_OK, [EXPLAIN_NO_ADDRESS] = EX_DATAERR, [EXPLAIN_NOT_OURS] = EX_NOUSER};
    const bool ipv4 = strcmp(values[PROTOCOLS], "ipv6") != 0, ipv6 = strcmp(values[PROTOCOLS], "ipv4") != 0;
    struct identity_rules *identity = identity_rules_create();
    const struct explain_rules rules = {
        .identity = identity, .route = {.lmtp_destination = values[LMTP], .ipv4 = ipv4, .ipv6 = ipv6}};
    struct explanation explanation;
    explanation_init(&explanation);
    show_replica(rows, values[DIRECTORY], &explanation);
    const enum explain_rc rc = explain_make(rows, &rules, message, &explanation);
    const int code = rc == EXPLAIN_NO_ADDRESS
                         ? problem(codes[rc], message->recipient, "is no address such as user@example.com")
                         : print(&explanation, values[JSON], codes[rc]);
    explanation_finish(&explanation);
    identity_rules_destroy(identity);
    return code;
}

static bool read_values(const char *recipient, const char *const *values, struct explain_message *out)
{
    struct ip ip;
    static const char *const protocols[] = {"all", "ipv4", "ipv6", NULL};
    int dnsbl, greylist, protocol;
    if (values[CLIENT] && !ip_parse(slice_from(values[CLIENT]), &ip)) {
        (void)problem(0, values[CLIENT], "is no IP address");
        return false;
    }
    if (!ctl_word("dnsbl", values[DNSBL], explain_dnsbl_words, &dnsbl) ||
        !ctl_word("greylist", values[GREYLIST], explain_greylist_words, &greylist) ||
        !ctl_word("inet-protocols", values[PROTOCOLS], protocols, &protocol))
        return false;
    *out = (struct explain_message){.recipient = recipient,
                                    .client = values[CLIENT],
                                    .name = values[NAME],
                                    .sender = values[SENDER],
                                    .login = values[LOGIN],
                                    .dnsbl = (enum dnsbl_outcome)dnsbl,
                                    .greylist = (enum decide_greylist)greylist};
    return true;
}

static int run(char *const *operands, const char *const *values)
{
    struct explain_message message;
    const struct directory_snapshot *rows;
    if (!read_values(operands[0], values, &message))
        return EX_USAGE;
    struct directory *directory = directory_create(values[DIRECTORY]);
    if (!directory)
        return problem(EX_OSERR, "explain", "no memory");
    int code;
    if (directory_begin(directory, &rows) == DIRECTORY_OK) {
        code = explain_with(rows, &message, values);
        directory_end(directory);
    } else {
        code = problem(EX_UNAVAILABLE, values[DIRECTORY], directory_problem(directory));
    }
    directory_destroy(directory);
    return code;
}

const struct ctl_command explain_command = {
    .name = "explain",
    .operands = "ADDRESS",
    .summary = "which rows decide about mail to ADDRESS, and the answer",
    .options = options,
    .run = run,
};
