// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_main_cf.h"
#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_master_cf.h"
#include "ctl/setup_parts.h"
#include "ctl/setup_run.h"
#include "io/process_number.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static bool fill_main_cf(struct setup *setup, struct setup_change *change, struct problem *problem)
{
    struct setup_text snippet = {0};
    struct problem why;
    bool done = setup_share_read(setup, "postfix/main.cf", &snippet, problem);
    const struct setup_main_cf main_cf = {
        .in = setup_text_slice(&change->base),
        .snippet = setup_text_slice(&snippet),
        .drop_permit_mynetworks = setup->drop_permit_mynetworks ||
                                  setup_mark_has(setup_text_slice(&change->before), SETUP_DROP_MYNETWORKS)};
    if (done && !setup_main_cf_apply(&main_cf, &change->after, &setup->plan.notes, &why))
        done = problem_set(problem, "%s: %s", change->path, why.text);
    setup_text_finish(&snippet);
    return done;
}

static bool fill_master_cf(struct setup *setup, struct setup_change *change, struct problem *problem)
{
    struct setup_text snippet = {0};
    const bool done = setup_share_read(setup, "postfix/master.cf", &snippet, problem);
    const struct setup_master_cf master_cf = {.in = setup_text_slice(&change->base),
                                              .snippet = setup_text_slice(&snippet)};
    if (done)
        setup_master_cf_apply(&master_cf, &change->after, &setup->plan.notes);
    setup_text_finish(&snippet);
    return done;
}

static bool write_text(const char *folder, const char *name, const struct setup_text *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    const bool done = file && fwrite(text->ptr, 1, text->len, file) == text->len;
    return file && fclose(file) == 0 && done;
}

// The lines in which Postfix complains.
static size_t count_warnings(struct slice output, struct slice *first)
{
    size_t count = 0;
    while (output.len) {
        const struct slice line = setup_line_trim(setup_line_next(&output));
        if (!setup_text_holds(line, "warning:"))
            continue;
        *first = line;
        count++;
    }
    return count;
}

static bool read_instance(const char *folder, struct setup_text *out, struct problem *problem)
{
    const char *const parameters[] = {"postconf", "-c", folder, "-n", NULL};
    const char *const services[] = {"postconf", "-c", folder, "-M", NULL};
    return setup_run_read(parameters, out, problem) && setup_run_read(services, out, problem);
}

static bool compare(const struct setup *setup, const char *folder, struct problem *problem)
{
    struct setup_text before = {0}, after = {0};
    struct slice first = SLICE(""), ignored;
    bool done = read_instance(setup->postfix, &before, problem) && read_instance(folder, &after, problem);
    if (done && count_warnings(setup_text_slice(&after), &first) >
                    count_warnings(setup_text_slice(&before), &ignored))
        done = problem_set(problem, "with its new files Postfix warns: %.*s", (int)first.len, first.ptr);
    setup_text_finish(&before);
    setup_text_finish(&after);
    return done;
}

// smtpd(8) processes read main.cf as they start, so that it is checked before it is there.
static bool check_candidate(const struct setup *setup, const struct setup_change *main_cf,
                            const struct setup_change *master_cf, struct problem *problem)
{
    char folder[] = "/tmp/emailgency-setup-XXXXXX", path[PATH_MAX];
    if (!mkdtemp(folder))
        return problem_set(problem, "no folder in /tmp: %s", strerror(errno));
    const bool done =
        (write_text(folder, "main.cf", &main_cf->after) && write_text(folder, "master.cf", &master_cf->after))
            ? compare(setup, folder, problem)
            : problem_set(problem, "%s cannot be written", folder);
    (void)snprintf(path, sizeof path, "%s/main.cf", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/master.cf", folder);
    (void)unlink(path);
    (void)rmdir(folder);
    return done;
}

// "postfix status" takes a second where Postfix does not run.
static bool has_process(const struct setup *setup)
{
    static const char *const parameters[] = {"queue_directory", NULL};
    char path[PATH_MAX];
    pid_t pid = 0;
    struct setup_text queue = {0};
    struct problem why;
    const bool done = setup_postfix_read(setup, parameters, &queue, &why);
    const struct slice folder = setup_line_trim(setup_text_slice(&queue));
    (void)snprintf(path, sizeof path, "%.*s/pid/master.pid", (int)folder.len, folder.ptr);
    const bool running = done && process_number_read(path, &pid) && pid > 1 && kill(pid, 0) == 0;
    setup_text_finish(&queue);
    return running;
}

static bool runs(const struct setup *setup)
{
    const char *const argv[] = {"postfix", "-c", setup->postfix, "status", NULL};
    struct setup_text ignored = {0};
    struct problem why;
    const bool running = has_process(setup) && setup_run(argv, &ignored, &why) == 0;
    setup_text_finish(&ignored);
    return running;
}

static void plan_reload(struct setup *setup, bool running)
{
    setup_plan_command(&setup->plan, SETUP_CHECK, "postfix", "-c", setup->postfix, "check", NULL);
    if (running)
        setup_plan_command(&setup->plan, SETUP_RELOAD, "postfix", "-c", setup->postfix, "reload", NULL);
    else
        setup_plan_note(&setup->plan, "Postfix does not run: start it");
}

// The -o lines of master.cf name parameters of main.cf, and a service whose process finds one missing is
// stopped for a minute: main.cf gets them first, and loses them after master(8) no longer passes such lines.
static void plan_steps(struct setup *setup, struct setup_change *main_cf, struct setup_change *master_cf)
{
    const bool running = runs(setup);
    if (!setup->undo)
        (void)setup_plan_change(&setup->plan, main_cf);
    if (setup_plan_change(&setup->plan, master_cf) && setup->undo && running) {
        setup_plan_command(&setup->plan, SETUP_RELOAD, "postfix", "-c", setup->postfix, "reload", NULL);
        // The reload is a signal, and a process that master(8) started just before it is still to read
        // main.cf.
        setup_plan_command(&setup->plan, SETUP_RUN, "sleep", "3", NULL);
    }
    if (setup->undo)
        (void)setup_plan_change(&setup->plan, main_cf);
    plan_reload(setup, running);
}

static bool fill(struct setup *setup, struct setup_change *main_cf, struct setup_change *master_cf,
                 struct problem *problem)
{
    if (!setup->undo)
        return fill_main_cf(setup, main_cf, problem) && fill_master_cf(setup, master_cf, problem);
    setup_text_add(&main_cf->after, setup_text_slice(&main_cf->base));
    setup_text_add(&master_cf->after, setup_text_slice(&master_cf->base));
    return true;
}

bool setup_postfix_plan(struct setup *setup, struct problem *problem)
{
    struct setup_change *main_cf = setup_read_in(setup, setup->postfix, "main.cf", problem);
    struct setup_change *master_cf =
        main_cf ? setup_read_in(setup, setup->postfix, "master.cf", problem) : NULL;
    if (!master_cf)
        return false;
    if (!main_cf->exists || !master_cf->exists)
        return problem_set(
            problem,
            "%s has no main.cf and master.cf: set Postfix up first (dpkg-reconfigure postfix), or name its "
            "folder: --postfix DIR",
            setup->postfix);
    if (!fill(setup, main_cf, master_cf, problem))
        return false;
    if (!setup_change_differs(main_cf) && !setup_change_differs(master_cf) && !setup->interrupted)
        return true;
    if (!check_candidate(setup, main_cf, master_cf, problem))
        return false;
    plan_steps(setup, main_cf, master_cf);
    return true;
}
