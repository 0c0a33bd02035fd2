// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap_conf.h"

#include "base/address.h"
#include "base/cidr.h"

#include <string.h>

#define SEPARATORS " ,\t"
#define DESTINATION_MAX 255

struct transportmap_conf transportmap_conf;

// Takes the next word off `*rest`; empty at the end.
static struct slice next_word(struct slice *rest)
{
    *rest = slice_skip(*rest, rest->len ? strspn(rest->ptr, SEPARATORS) : 0);
    const struct slice word = slice_make(rest->ptr, rest->len ? strcspn(rest->ptr, SEPARATORS) : 0);
    *rest = slice_skip(*rest, word.len);
    return word;
}

// A malformed destination stops Postfix's lmtp(8).
static const char *check_destination(const char *value)
{
    const struct slice text = slice_from(value);
    const struct slice unix_head = SLICE("unix:"), inet_head = SLICE("inet:");
    const size_t head = unix_head.len;
    const bool known = text.len > head &&
                       (memcmp(value, unix_head.ptr, head) == 0 || memcmp(value, inet_head.ptr, head) == 0);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == ',')
            return "write it without blanks and commas, such as unix:private/dovecot-lmtp";
    return known && text.len <= DESTINATION_MAX ? NULL
                                                : "write unix:private/dovecot-lmtp or inet:127.0.0.1:24";
}

static const char *check_protocols(const char *value)
{
    struct slice rest = slice_from(value), word = next_word(&rest);
    const char *wrong = "write all, ipv4, ipv6, or both of these, as inet_protocols in main.cf";
    if (word.len == 0)
        return wrong;
    for (; word.len > 0; word = next_word(&rest))
        if (!slice_equal(word, SLICE("all")) && !slice_equal(word, SLICE("ipv4")) &&
            !slice_equal(word, SLICE("ipv6")))
            return wrong;
    return NULL;
}

static const char *check_hosts(const char *value)
{
    struct ip address;
    struct slice rest = slice_from(value);
    for (struct slice word = next_word(&rest); word.len > 0; word = next_word(&rest))
        if (!ip_parse(word, &address) && !address_domain_valid(word))
            return "write host names and addresses, such as \"mx1.example.com 192.0.2.25\"";
    return NULL;
}

bool transportmap_uses(const char *protocol)
{
    struct slice rest = slice_from(transportmap_conf.inet_protocols);
    for (struct slice word = next_word(&rest); word.len > 0; word = next_word(&rest))
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
    {CONF_TEXT(inet_protocols), .fallback = "all", .reloadable = true, .check = check_protocols,
     .help = "as in main.cf; a transport that is an address of another protocol waits instead of bouncing"},
    {CONF_TEXT(mx_hosts), .fallback = "", .check = check_hosts,
     .help = "names and addresses that our MX hosts have in DNS; backup domains whose best MX is among them "
             "are reported; empty: no check"},
    {CONF_SECONDS(mx_check_interval), .fallback = "3600", .min = 1, .max = 604800,
     .help = "seconds between two looks at the MX records of all backup domains"},
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_transportmap", pg_check_conninfo,
                     "where that check notes its outcome; empty: nowhere, it is in the log alone"),
    NODE_OPTION,
    {CONF_TEXT_AS("dns_servers", dns.servers), .fallback = "", .check = option_check_servers,
     .help = "resolvers for that, \"ip@port ip\"; empty: those of /etc/resolv.conf"},
    {CONF_MS_AS("dns_timeout_ms", dns.timeout_ms), .fallback = "5000", .min = 50, .max = 60000,
     .help = "milliseconds for one DNS look-up"},
    CONF_END,
};
