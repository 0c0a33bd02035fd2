// SPDX-License-Identifier: BSD-2-Clause
#include "spfworker/options.h"

#include <getopt.h>
#include <stdio.h>

enum { HELP = 'h', VERSION = 'V', USER = 'u', SERVERS = 's', TIMEOUT = 't', MAX_TTL = 'm', CACHE_MAX = 'c' };

static const struct option names[] = {
    {"user", required_argument, NULL, USER},           {"dns", required_argument, NULL, SERVERS},
    {"dns-timeout", required_argument, NULL, TIMEOUT}, {"max-ttl", required_argument, NULL, MAX_TTL},
    {"cache-max", required_argument, NULL, CACHE_MAX}, {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},           {NULL, 0, NULL, 0},
};

static bool take_number(unsigned long long least, unsigned long long most, unsigned long long *out)
{
    return slice_number(slice_from(optarg), most, out) && *out >= least;
}

static bool take(int option, struct options *out)
{
    unsigned long long number = 0;
    bool good = true;
    switch (option) {
    case HELP:
        out->asked = OPTIONS_HELP;
        break;
    case VERSION:
        out->asked = OPTIONS_VERSION;
        break;
    case USER:
        out->user = optarg;
        break;
    case SERVERS:
        out->dns.servers = optarg;
        break;
    case TIMEOUT:
        good = take_number(1, 60000, &number);
        out->dns.timeout_ms = (int64_t)number;
        break;
    case MAX_TTL:
        good = take_number(1, 604800, &number);
        out->dns.max_ttl = (int64_t)number;
        break;
    case CACHE_MAX:
        good = take_number(1, 1000000, &number);
        out->dns.cache_max = (unsigned)number;
        break;
    default:
        good = false;
    }
    return good;
}

bool options_parse(int argc, char **argv, struct options *out, struct problem *problem)
{
    int option, index = 0;
    *out =
        (struct options){.user = "nobody", .dns = {.timeout_ms = 5000, .max_ttl = 3600, .cache_max = 10000}};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "hV", names, &index)) >= 0)
        if (!take(option, out)) {
            if (option == '?' || option == ':')
                problem_set(problem, "there is no option %.80s, or it requires a value", argv[optind - 1]);
            else
                problem_set(problem, "--%s cannot be %.80s", names[index].name, optarg);
            return false;
        }
    if (optind < argc)
        problem_set(problem, "there is no argument %.80s", argv[optind]);
    return optind == argc;
}
