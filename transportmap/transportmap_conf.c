// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap_conf.h"

#include "base/network_list.h"
#include "daemon/self_check.h"

#define DESTINATION_MAX 255

struct transportmap_conf transportmap_conf;

// A malformed destination stops Postfix's lmtp(8).
static bool check_destination(const char *value, struct problem *problem)
{
    const struct slice text = slice_from(value);
    const struct slice unix_head = SLICE("unix:"), inet_head = SLICE("inet:");
    const size_t head = unix_head.len;
    const bool known = text.len > head &&
                       (memcmp(value, unix_head.ptr, head) == 0 || memcmp(value, inet_head.ptr, head) == 0);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == ',')
            return problem_set(problem,
                               "write it without blanks and commas, such as unix:private/dovecot-lmtp");
    return (known && text.len <= DESTINATION_MAX) ||
           problem_set(problem, "write unix:private/dovecot-lmtp or inet:127.0.0.1:24");
}

static bool check_protocols(const char *value, struct problem *problem)
{
    static const char wrong[] = "write all, ipv4, ipv6, or both of these, as inet_protocols in main.cf";
    struct slice rest = slice_from(value), word;
    size_t count = 0;
    for (; network_list_next(&rest, &word); count++)
        if (!slice_equal(word, SLICE("all")) && !slice_equal(word, SLICE("ipv4")) &&
            !slice_equal(word, SLICE("ipv6")))
            return problem_set(problem, "%s", wrong);
    return count > 0 || problem_set(problem, "%s", wrong);
}

bool transportmap_uses(const char *protocol)
{
    struct slice rest = slice_from(transportmap_conf.inet_protocols), word;
    while (network_list_next(&rest, &word))
        if (slice_equal(word, SLICE("all")) || slice_equal(word, slice_from(protocol)))
            return true;
    return false;
}

#define CONF_STRUCT struct transportmap_conf

const struct conf_option transportmap_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9183"),
    LISTEN_OPTIONS("unix:/var/spool/postfix/emailgency/transportmap", option_check_listen,
                   "where Postfix asks: unix:/path or 127.0.0.1:port"),
    DIRECTORY_OPTION,
    {CONF_TEXT(lmtp_destination), .fallback = "unix:private/dovecot-lmtp", .reloadable = true,
     .check = check_destination, .help = "the mail store's LMTP socket, as Postfix's lmtp(8) names it"},
    {CONF_TEXT(round_trip_destination), .fallback = "unix:emailgency/round-trip", .reloadable = true,
     .check = check_destination,
     .help = "the notifier's socket for round trips, as Postfix's lmtp(8) names it"},
    {CONF_TEXT(inet_protocols), .fallback = "all", .reloadable = true, .check = check_protocols,
     .help = "as in main.cf; a transport that is an address of another protocol waits instead of bouncing"},
    {CONF_TEXT(mx_hosts), .fallback = "", .check = option_check_hosts,
     .help = "names and addresses of our MX hosts, beside setting mx_hosts and the alternate names of "
             "domains: no transport leads there, and mail to their postmaster is the operator's"},
    CONF_END,
};

void transportmap_conf_probe(void)
{
    self_check_replica(transportmap_conf.directory);
}
