// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/arguments.h"

#include <getopt.h>
#include <stddef.h>

static const struct option options[] = {
    {"check", no_argument, NULL, 't'},        {"print", no_argument, NULL, 'p'},
    {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
};

bool arguments_read(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.mode = ARGUMENTS_SERVE};
    for (int option; (option = getopt_long(argc, argv, "c:hptV", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            out->conf_path = optarg;
            break;
        case 't':
            out->mode = ARGUMENTS_CHECK;
            break;
        case 'p':
            out->mode = ARGUMENTS_PRINT;
            break;
        case 'h':
            out->mode = ARGUMENTS_HELP;
            return true;
        case 'V':
            out->mode = ARGUMENTS_VERSION;
            return true;
        default:
            return false;
        }
    }
    return optind == argc;
}

void arguments_usage(const char *name, const char *default_conf, FILE *out)
{
    fprintf(out,
            "usage: %s [-t | -p] [-c FILE]\n"
            "  -c, --config FILE  read FILE instead of %s\n"
            "  -t, --check        check the configuration, and what the daemon needs, and exit\n"
            "  -p, --print        print what is in force and exit\n"
            "  -h, --help         print this and exit\n"
            "  -V, --version      print the version and exit\n",
            name, default_conf);
}
