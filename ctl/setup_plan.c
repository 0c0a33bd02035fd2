// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_plan.h"

#include "base/bug.h"
#include "base/memory.h"
#include "ctl/setup_run.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

struct setup_change *setup_plan_read(struct setup_plan *plan, const char *path, struct problem *problem)
{
    if (plan->change_count == SETUP_CHANGES_MAX)
        bug_abort("more files than setup has room for");
    struct setup_change *change = &plan->changes[plan->change_count++];
    return setup_change_read(change, path, problem) ? change : NULL;
}

bool setup_plan_change(struct setup_plan *plan, struct setup_change *change)
{
    if (!setup_change_differs(change))
        return false;
    plan->steps[plan->step_count++].change = change;
    return true;
}

void setup_plan_command_list(struct setup_plan *plan, enum setup_command_kind kind, const char *const *argv)
{
    size_t count = 0;
    if (plan->command_count == SETUP_COMMANDS_MAX)
        bug_abort("more commands than setup has room for");
    struct setup_command *command = &plan->commands[plan->command_count++];
    command->kind = kind;
    for (; argv[count] && count < SETUP_WORDS_MAX; count++)
        command->argv[count] = memory_or_exit(strdup(argv[count]));
    plan->steps[plan->step_count++].command = command;
}

void setup_plan_command(struct setup_plan *plan, enum setup_command_kind kind, ...)
{
    const char *argv[SETUP_WORDS_MAX + 1];
    size_t count = 0;
    va_list words;
    va_start(words, kind);
    do
        argv[count] = va_arg(words, const char *);
    while (argv[count] && ++count < SETUP_WORDS_MAX);
    argv[count] = NULL;
    va_end(words);
    setup_plan_command_list(plan, kind, argv);
}

void setup_plan_note(struct setup_plan *plan, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    setup_text_print(&plan->notes, "%s\n", line);
}

static void print_notes(struct slice notes)
{
    while (notes.len) {
        const struct slice line = setup_line_next(&notes);
        printf("# %.*s", (int)line.len, line.ptr);
    }
}

static void print_command(const struct setup_command *command)
{
    struct setup_text line = {0};
    setup_run_quote((const char *const *)command->argv, &line);
    printf("$ %s\n", setup_text_string(&line));
    setup_text_finish(&line);
}

bool setup_plan_print(const struct setup_plan *plan, struct problem *problem)
{
    print_notes(setup_text_slice(&plan->notes));
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct setup_change *change = plan->steps[i].change;
        if (!change)
            print_command(plan->steps[i].command);
        else if (!setup_change_print(change, problem))
            return false;
    }
    return fflush(stdout) == 0 || problem_set(problem, "standard output cannot be written");
}

static void print_output(const struct setup_text *output)
{
    struct slice rest = setup_line_trim(setup_text_slice(output));
    while (rest.len) {
        const struct slice line = setup_line_next(&rest);
        printf("  %.*s%s", (int)line.len, line.ptr, rest.len ? "" : "\n");
    }
    fflush(stdout);
}

static bool run_command(const struct setup_command *command, struct problem *problem)
{
    struct setup_text output = {0};
    print_command(command);
    const int code = setup_run((const char *const *)command->argv, &output, problem);
    if (code != 0 || command->kind != SETUP_CHECK)
        print_output(&output);
    setup_text_finish(&output);
    return code == 0 || (code > 0 && problem_set(problem, "%s failed with exit code %d; its output is above",
                                                 command->argv[0], code));
}

static bool run_step(const struct setup_step *step, struct problem *problem)
{
    if (step->command)
        return run_command(step->command, problem);
    printf("writing %s\n", step->change->path);
    return setup_change_write(step->change, problem);
}

// Puts back what the first `count` steps wrote, the last first. Adds what fails to `problem`.
static void put_back(const struct setup_plan *plan, size_t count, struct problem *problem)
{
    struct problem why;
    char text[sizeof problem->text];
    for (size_t i = count; i-- > 0;) {
        const struct setup_change *change = plan->steps[i].change;
        if (!change)
            continue;
        printf("putting %s back\n", change->path);
        if (!setup_change_restore(change, &why)) {
            (void)slice_copy(slice_from(problem->text), text, sizeof text);
            (void)problem_set(problem, "%.300s; %.150s", text, why.text);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct setup_command *command = plan->steps[i].command;
        if (command && command->kind == SETUP_RELOAD && !run_command(command, &why))
            printf("  %s\n", why.text);
    }
}

void setup_plan_sweep(const struct setup_plan *plan)
{
    for (size_t i = 0; i < plan->change_count; i++)
        setup_change_sweep(&plan->changes[i]);
}

// A terminal or a reader of the output that goes away is no reason to stop half-way. Ctrl-C ends the command
// that runs, so that everything is put back.
static void ignore_signals(void)
{
    for (size_t i = 0; setup_run_ignored[i]; i++)
        (void)signal(setup_run_ignored[i], SIG_IGN);
}

bool setup_plan_run(const struct setup_plan *plan, struct problem *problem)
{
    ignore_signals();
    for (size_t i = 0; i < plan->step_count; i++)
        if (!run_step(&plan->steps[i], problem)) {
            // A reload that failed may have been done in part.
            put_back(plan, plan->steps[i].command ? i + 1 : i, problem);
            return false;
        }
    return true;
}

void setup_plan_finish(struct setup_plan *plan)
{
    for (size_t i = 0; i < plan->change_count; i++)
        setup_change_finish(&plan->changes[i]);
    for (size_t i = 0; i < plan->command_count; i++)
        for (size_t n = 0; plan->commands[i].argv[n]; n++)
            free(plan->commands[i].argv[n]);
    setup_text_finish(&plan->notes);
}
