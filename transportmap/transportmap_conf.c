// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap_conf.h"

#include "base/address.h"
#include "base/cidr.h"
#include "daemon/option_check.h"
#include "pg/pg.h"

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

#define FIELD(name) offsetof(struct transportmap_conf, name)

const struct conf_option transportmap_options[] = {
    DAEMON_OPTIONS(struct transportmap_conf, "127.0.0.1:9183"),
    {"listen", CONF_TEXT, FIELD(listen), "unix:/var/spool/postfix/emailgency/transportmap", 0, 0, false,
     option_check_listen, "where Postfix asks: unix:/path or 127.0.0.1:port"},
    {"listen_mode", CONF_TEXT, FIELD(listen_mode), "0660", 0, 0, false, option_check_mode,
     "mode of the Unix socket"},
    {"listen_group", CONF_TEXT, FIELD(listen_group), "postfix", 0, 0, false, NULL,
     "group of the Unix socket; empty: the process's"},
    {"directory", CONF_TEXT, FIELD(directory), "/var/lib/emailgency/replica", 0, 0, false,
     option_check_folder, "folder of the replica, as the replicator has it"},
    {"lmtp_destination", CONF_TEXT, FIELD(lmtp_destination), "unix:private/dovecot-lmtp", 0, 0, true,
     check_destination, "the mail store's LMTP socket, as Postfix's lmtp(8) names it"},
    {"inet_protocols", CONF_TEXT, FIELD(inet_protocols), "all", 0, 0, true, check_protocols,
     "as in main.cf; a transport that is an address of another protocol waits instead of bouncing"},
    {"mx_hosts", CONF_TEXT, FIELD(mx_hosts), "", 0, 0, false, check_hosts,
     "names and addresses that our MX hosts have in DNS; backup domains whose best MX is among them are "
     "reported; empty: no check"},
    {"mx_check_interval", CONF_NUMBER, FIELD(mx_check_interval), "3600", 1, 604800, false, NULL,
     "seconds between two looks at the MX records of all backup domains"},
    {"database", CONF_TEXT, FIELD(database), "dbname=emailgency user=emailgency_transportmap", 0, 0, false,
     pg_check_conninfo, "where that check notes its outcome; empty: nowhere, it is in the log alone"},
    {"database_password_file", CONF_SECRET, FIELD(database_password), "", 0, 0, false, NULL,
     "file whose first line is the password; empty: none"},
    {"node", CONF_TEXT, FIELD(node), "", 0, 0, false, NULL, "this node's name; empty: its host name"},
    {"dns_servers", CONF_TEXT, FIELD(dns_servers), "", 0, 0, false, option_check_servers,
     "resolvers for that, \"ip@port ip\"; empty: those of /etc/resolv.conf"},
    {"dns_timeout_ms", CONF_NUMBER, FIELD(dns_timeout_ms), "5000", 50, 60000, false, NULL,
     "milliseconds for one DNS look-up"},
    CONF_END,
};
