// SPDX-License-Identifier: BSD-2-Clause
#include "base/network_list.h"
#include "ctl/check/node_check.h"

static void check_reverse(const struct node_check *check, size_t n, const char *parameter)
{
    const struct slice name = fact_text(check->facts, "dns.%zu.name", n),
                       reverse = fact_text(check->facts, "dns.%zu.reverse", n);
    struct slice rest = fact_text(check->facts, "dns.%zu.addresses", n), address;
    if (!postconf_next(&rest, &address))
        return;
    if (slice_equal_nocase(name, reverse))
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "%.*s has this name",
                    (int)address.len, address.ptr);
    else
        finding_write(
            finding_add(check->findings, FINDING_WARNING, parameter, NULL,
                        "many servers refuse mail from an address whose name does not lead back to it",
                        reverse.len ? "%.*s is named %.*s" : "%.*s has no name%.*s", (int)address.len,
                        address.ptr, (int)reverse.len, reverse.ptr),
            "the reverse zone of the address", "%.*s PTR %.*s.", (int)address.len, address.ptr, (int)name.len,
            name.ptr);
}

static void check_addresses(const struct node_check *check, size_t n, const char *parameter, bool is_host)
{
    const struct slice addresses = fact_text(check->facts, "dns.%zu.addresses", n);
    if (is_host && fact_text(check->facts, "dns.%zu.own", n).len == 0)
        finding_run(finding_add(check->findings, FINDING_WARNING, parameter, NULL,
                                "without address translation, mail for this name goes elsewhere",
                                "has %.*s, no address of this host", (int)addresses.len, addresses.ptr),
                    "ip -brief address # name them in the zone, or in main.cf: proxy_interfaces = %.*s",
                    (int)addresses.len, addresses.ptr);
    else
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "has %.*s", (int)addresses.len,
                    addresses.ptr);
}

static bool has_address(const struct node_check *check, struct slice option, const struct ip *address)
{
    struct slice listed = SLICE("");
    if (check->rows && directory_setting(check->rows, "mx_hosts", &listed) != DIRECTORY_OK)
        listed = SLICE("");
    return network_list_has(option, address) || network_list_has(listed, address);
}

// Another name of the node is known by its addresses alone. An empty option is another finding.
static void check_listed(const struct node_check *check, size_t n)
{
    static const char *const name = "notifier.conf/mx_hosts/addresses";
    const struct slice option = fact_text(check->facts, "conf.notifier.mx_hosts");
    struct slice rest = fact_text(check->facts, "dns.%zu.addresses", n), word;
    char file[256];
    struct ip address;
    if (!option.len || !slice_copy(fact_text(check->facts, "conf.notifier.file"), file, sizeof file))
        return;
    while (network_list_next(&rest, &word)) {
        if (!ip_parse(word, &address) || has_address(check, option, &address))
            continue;
        finding_write(finding_add(check->findings, FINDING_WARNING, name, NULL,
                                  "mail of a domain whose best MX is another name of this address bounces",
                                  "lacks %.*s, an address of myhostname", (int)word.len, word.ptr),
                      file, "mx_hosts = \"%.*s %.*s\"", (int)option.len, option.ptr, (int)word.len, word.ptr);
        return;
    }
    finding_add(check->findings, FINDING_OK, name, NULL, NULL, "has those of myhostname");
}

static void check_name(const struct node_check *check, size_t n)
{
    char parameter[192];
    const struct slice name = fact_text(check->facts, "dns.%zu.name", n),
                       of = fact_text(check->facts, "dns.%zu.of", n);
    const struct slice state = fact_text(check->facts, "dns.%zu.state", n);
    const bool is_host = slice_equal(of, SLICE("myhostname"));
    snprintf(parameter, sizeof parameter, "%.*s/%.*s", (int)of.len, of.ptr, (int)name.len, name.ptr);
    if (slice_equal(state, SLICE("found"))) {
        check_addresses(check, n, parameter, is_host);
        check_reverse(check, n, parameter);
        if (is_host)
            check_listed(check, n);
    } else if (slice_equal(state, SLICE("none")))
        finding_write(finding_add(check->findings, FINDING_WARNING, parameter, NULL,
                                  is_host ? "servers that look up the HELO name refuse mail from this host"
                                          : "an MX record that names it leads nowhere",
                                  "has no address in DNS"),
                      "its zone", "%.*s. A 192.0.2.25", (int)name.len, name.ptr);
    else
        finding_run(finding_add(check->findings, FINDING_WARNING, parameter, NULL,
                                "servers that look it up get no answer either, or only this resolver fails",
                                "DNS did not answer"),
                    "dig %.*s", (int)name.len, name.ptr);
}

void node_dns(const struct node_check *check)
{
    const struct slice problem = fact_text(check->facts, "dns.problem"),
                       server = fact_text(check->facts, "dns.server");
    if (problem.len > 0) {
        finding_run(finding_add(check->findings, FINDING_ERROR, "dns", NULL,
                                "mail is neither routed by MX nor checked by DNS lists and SPF", "%.*s: %.*s",
                                (int)server.len, server.ptr, (int)problem.len, problem.ptr),
                    "cat /etc/resolv.conf; dig . SOA");
        return;
    }
    if (server.len > 0)
        finding_add(check->findings, FINDING_OK, "dns", NULL, NULL, "%.*s answers", (int)server.len,
                    server.ptr);
    for (size_t n = 0; fact_text(check->facts, "dns.%zu.name", n).len > 0; n++)
        check_name(check, n);
}
