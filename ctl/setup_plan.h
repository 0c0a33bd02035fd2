// SPDX-License-Identifier: BSD-2-Clause
// The steps of a setup, in order: files to write and commands to run.
#ifndef CTL_SETUP_PLAN_H
#define CTL_SETUP_PLAN_H

#include "ctl/setup_change.h"

#include <stdio.h>

enum { SETUP_CHANGES_MAX = 24, SETUP_COMMANDS_MAX = 48, SETUP_WORDS_MAX = 24 };

enum setup_command_kind {
    SETUP_RUN,
    SETUP_CHECK,  // looks at files that were written; its output is shown if it fails
    SETUP_RELOAD, // puts written files in force; run again after they were put back
};

struct setup_command {
    enum setup_command_kind kind;
    char *argv[SETUP_WORDS_MAX + 1]; // ends in NULL
};

// A file or a command.
struct setup_step {
    struct setup_change *change;
    struct setup_command *command;
};

struct setup_plan {
    size_t change_count, command_count, step_count;
    struct setup_change changes[SETUP_CHANGES_MAX];
    struct setup_command commands[SETUP_COMMANDS_MAX];
    struct setup_step steps[SETUP_CHANGES_MAX + SETUP_COMMANDS_MAX];
    struct setup_text notes; // one per line
};

// Reads a file and returns it, for the caller to fill `after`; NULL, with a message in `problem`, if it
// cannot be read.
struct setup_change *setup_plan_read(struct setup_plan *plan, const char *path, struct problem *problem)
    __attribute__((warn_unused_result));

// Adds the file as a step, if it is to be written. Returns whether it is.
bool setup_plan_change(struct setup_plan *plan, struct setup_change *change);

// Adds a command of the words that follow, up to NULL, as a step.
void setup_plan_command(struct setup_plan *plan, enum setup_command_kind kind, ...) __attribute__((sentinel));
void setup_plan_command_list(struct setup_plan *plan, enum setup_command_kind kind, const char *const *argv);

void setup_plan_note(struct setup_plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prints the notes, the differences of the files and the commands.
bool setup_plan_print(const struct setup_plan *plan, struct problem *problem)
    __attribute__((warn_unused_result));

// Does all steps. If one fails, puts the files back that were written, runs the reloads again that were run,
// and returns false; `problem` says what failed and what could not be put back.
bool setup_plan_run(const struct setup_plan *plan, struct problem *problem)
    __attribute__((warn_unused_result));

// Removes what a run that was killed left beside the files.
void setup_plan_sweep(const struct setup_plan *plan);

void setup_plan_finish(struct setup_plan *plan);

#endif
