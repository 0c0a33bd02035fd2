// SPDX-License-Identifier: BSD-2-Clause
#ifndef SPFWORKER_OPTIONS_H
#define SPFWORKER_OPTIONS_H

#include "resolver/resolver.h"

enum options_asked {
    OPTIONS_SERVE,
    OPTIONS_HELP,    // --help
    OPTIONS_VERSION, // --version
};

struct options {
    enum options_asked asked;
    const char *user;
    struct resolver_spec dns; // but in_flight_max
};

// Reads the arguments, which must outlive `out`. Returns false with a human-readable message in `problem`.
bool options_parse(int argc, char **argv, struct options *out, struct problem *problem)
    __attribute__((warn_unused_result));

#endif
