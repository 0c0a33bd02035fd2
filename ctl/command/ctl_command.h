// SPDX-License-Identifier: BSD-2-Clause
// A command as data: its names, operands and options.
#ifndef CTL_COMMAND_CTL_COMMAND_H
#define CTL_COMMAND_CTL_COMMAND_H

#define CTL_PROGRAM "emailgencyctl"
#define CTL_OPTIONS_MAX 16

struct ctl_option {
    const char *name; // "directory", given as --directory
    char letter;      // given as -d; 0: none
    const char
        *argument; // "DIR"; NULL: a flag. Completion offers folders for DIR, files for PATH, FILE and SOCKET
    const char *environment; // the variable that is read if the option is not given; NULL: none
    const char *fallback;    // the value if neither is given; NULL: none
    const char *help;
};

// The words that an option, or an operand, takes, for completion.
struct ctl_choice {
    const char *option;       // "dnsbl"; "": the operands
    const char *const *words; // ends in NULL
};

struct ctl_command {
    const char *name;     // of one word or two: "explain", "spf check"
    const char *operands; // "IP HELO [SENDER]": brackets: optional; "..." at the end: any number; NULL: none
    const char *summary;
    const struct ctl_option *options; // ends with a NULL name; at most CTL_OPTIONS_MAX
    const struct ctl_choice *choices; // ends with a NULL option; NULL: none
    // `operands` ends in NULL. `values[i]` is the argument of option i, "" for a flag, or NULL. Returns the
    // exit code.
    int (*run)(char *const *operands, const char *const *values);
};

#endif
