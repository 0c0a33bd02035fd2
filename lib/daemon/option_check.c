// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/option_check.h"

#include "base/address.h"
#include "base/network_list.h"
#include "io/socket_address.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>

bool option_check_mode(const char *value, struct problem *problem)
{
    return (strlen(value) == 4 && value[0] == '0' && strspn(value, "01234567") == 4) ||
           problem_set(problem, "write four octal digits, such as 0660");
}

mode_t option_mode(const char *value)
{
    return (mode_t)strtoul(value, NULL, 8);
}

bool option_check_listen(const char *value, struct problem *problem)
{
    struct socket_address address;
    return socket_address_parse(value, &address, problem);
}

bool option_check_group(const char *address, const char *group, struct problem *problem)
{
    if (!*group || strncmp(address, "unix:", 5) != 0 || getgrnam(group))
        return true;
    return problem_set(problem,
                       "listen_group: there is no group %s; make it, or name the group that Postfix runs as",
                       group);
}

bool option_check_folder(const char *value, struct problem *problem)
{
    return *value == '/' ||
           problem_set(problem, "write an absolute path, such as /var/lib/emailgency/replica");
}

bool option_check_path(const char *value, struct problem *problem)
{
    return !*value || *value == '/' || problem_set(problem, "write an absolute path, or nothing for none");
}

bool option_check_servers(const char *value, struct problem *problem)
{
    struct ip server;
    struct slice word, address, port, rest = slice_from(value);
    unsigned long long number;
    while (network_list_next(&rest, &word)) {
        const bool has_port = slice_split(word, '@', &address, &port);
        if (!ip_parse(address, &server) || (has_port && !slice_number(port, 65535, &number)))
            return problem_set(problem, "write addresses, such as \"127.0.0.1 192.0.2.53@5353\"");
    }
    return true;
}

bool option_check_hosts(const char *value, struct problem *problem)
{
    struct ip address;
    struct slice word, rest = slice_from(value);
    while (network_list_next(&rest, &word))
        if (!ip_parse(word, &address) && !address_domain_valid(word))
            return problem_set(problem,
                               "write host names and addresses, such as \"mx1.example.com 192.0.2.25\"");
    return true;
}
