// SPDX-License-Identifier: BSD-2-Clause
// The command line: emailgencyctl COMMAND [OPERAND…] [OPTION…]. Exit codes are those of sysexits(3).
#ifndef CTL_COMMAND_CTL_H
#define CTL_COMMAND_CTL_H

#include <stdbool.h>

#define CTL_OPTIONS_MAX 16

struct ctl_option {
    const char *name;        // "directory", given as --directory
    char letter;             // given as -d; 0: none
    const char *argument;    // "DIR"; NULL: a flag
    const char *environment; // the variable that is read if the option is not given; NULL: none
    const char *fallback;    // the value if neither is given; NULL: none
    const char *help;
};

struct ctl_command {
    const char *name;     // of one word or two: "explain", "spf check"
    const char *operands; // "IP HELO [SENDER]": brackets: optional; NULL: none
    const char *summary;
    const struct ctl_option *options; // ends with a NULL name; at most CTL_OPTIONS_MAX
    // `operands` ends in NULL. `values[i]` is the argument of option i, "" for a flag, or NULL. Returns the
    // exit code.
    int (*run)(char *const *operands, const char *const *values);
};

// Runs the command that `argv` names, of a list that ends in NULL; the value is main's.
int ctl_run(int argc, char **argv, const struct ctl_command *const *commands);

// Finds `text` in `words`, which ends in NULL; false, with a human-readable message on stderr, if it is not
// there.
bool ctl_word(const char *option, const char *text, const char *const *words, int *out)
    __attribute__((warn_unused_result));

#endif
