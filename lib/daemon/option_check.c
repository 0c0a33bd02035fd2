// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/option_check.h"

#include "base/cidr.h"
#include "io/socket_address.h"

#include <stdlib.h>
#include <string.h>

#define SEPARATORS " ,\t"

const char *option_check_mode(const char *value)
{
    return strlen(value) == 4 && value[0] == '0' && strspn(value, "01234567") == 4
               ? NULL
               : "write four octal digits, such as 0660";
}

mode_t option_mode(const char *value)
{
    return (mode_t)strtoul(value, NULL, 8);
}

const char *option_check_listen(const char *value)
{
    static char problem[256];
    struct socket_address address;
    return socket_address_parse(value, &address, problem, sizeof problem) ? NULL : problem;
}

const char *option_check_folder(const char *value)
{
    return *value == '/' ? NULL : "write an absolute path, such as /var/lib/emailgency/replica";
}

const char *option_check_path(const char *value)
{
    return !*value || *value == '/' ? NULL : "write an absolute path, or nothing for none";
}

const char *option_check_servers(const char *value)
{
    struct ip server;
    struct slice word, address, port, rest = slice_from(value);
    unsigned long long number;
    while (rest.len > 0) {
        word = slice_make(rest.ptr, strcspn(rest.ptr, SEPARATORS));
        rest = slice_skip(rest, word.len + strspn(rest.ptr + word.len, SEPARATORS));
        const bool has_port = slice_split(word, '@', &address, &port);
        if (word.len > 0 &&
            (!ip_parse(address, &server) || (has_port && !slice_number(port, 65535, &number))))
            return "write addresses, such as \"127.0.0.1 192.0.2.53@5353\"";
    }
    return NULL;
}
