// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_file.h"
#include "ctl/setup/setup_mark.h"
#include "ctl/setup_parts.h"
#include "ctl/setup_run.h"
#include "io/process_number.h"

#include <signal.h>
#include <stdlib.h>

static const char *const files[] = {"emailgency-auth.conf", "emailgency-store.conf",
                                    "emailgency-deny.conf.ext", "emailgency-login.conf.ext", NULL};

static bool plan_files(struct setup *setup, const char *queue, bool *changed, struct problem *problem)
{
    char name[128], path[PATH_MAX], folder[PATH_MAX], spool[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s/", setup->dovecot);
    (void)snprintf(spool, sizeof spool, "%s/", queue);
    const struct setup_replacement replacements[] = {
        {SETUP_DOVECOT_FOLDER "/", folder}, {"/var/spool/postfix/", spool}, {NULL, NULL}};
    for (size_t i = 0; files[i]; i++) {
        (void)snprintf(name, sizeof name, "dovecot/%s", files[i]);
        (void)snprintf(path, sizeof path, "%s/%s", setup->dovecot, files[i]);
        if (!setup_share_copy(setup, name, path, replacements, problem))
            return false;
        *changed =
            setup_plan_change(&setup->plan, &setup->plan.changes[setup->plan.change_count - 1]) || *changed;
    }
    return true;
}

// The accounts of the system keep their log-ins unless the operator says otherwise, now or in an earlier run.
static bool drops_local_users(const struct setup *setup, const struct setup_change *auth)
{
    return setup->drop_local_users || (auth->exists && setup_change_differs(auth));
}

static bool plan_auth(struct setup *setup, bool *changed, struct problem *problem)
{
    struct setup_change *change = setup_read_in(setup, setup->dovecot, "conf.d/10-auth.conf", problem);
    if (!change)
        return false;
    setup_text_add(&change->after, setup_text_slice(&change->base));
    if (!setup->undo && drops_local_users(setup, change)) {
        change->after.len = 0;
        setup_dovecot_auth_apply(setup_text_slice(&change->base), &change->after);
    }
    *changed = setup_plan_change(&setup->plan, change) || *changed;
    return true;
}

static bool plan_main(struct setup *setup, const char *queue, bool *changed, struct problem *problem)
{
    char socket[PATH_MAX];
    struct setup_change *change = setup_read_in(setup, setup->dovecot, "dovecot.conf", problem);
    if (!change)
        return false;
    if (!change->exists)
        return problem_set(problem, "%s is missing: install Dovecot, or name its folder: --dovecot DIR",
                           change->path);
    (void)snprintf(socket, sizeof socket, "%s/private/auth", queue);
    if (setup->undo)
        setup_text_add(&change->after, setup_text_slice(&change->base));
    else
        setup_dovecot_apply(setup_text_slice(&change->base), setup->dovecot, socket, &change->after);
    *changed = setup_plan_change(&setup->plan, change) || *changed;
    return true;
}

static bool runs(const char *file)
{
    char path[PATH_MAX];
    const char *const argv[] = {"doveconf", "-c", file, "-h", "base_dir", NULL};
    struct setup_text folder = {0};
    struct problem why;
    pid_t pid = 0;
    const bool done = setup_run_read(argv, &folder, &why);
    const struct slice text = setup_line_trim(setup_text_slice(&folder));
    (void)snprintf(path, sizeof path, "%.*s/master.pid", (int)text.len, text.len ? text.ptr : "");
    const bool running = done && process_number_read(path, &pid) && pid > 1 && kill(pid, 0) == 0;
    setup_text_finish(&folder);
    return running;
}

static void plan_reload(struct setup *setup)
{
    char file[PATH_MAX];
    (void)snprintf(file, sizeof file, "%s/dovecot.conf", setup->dovecot);
    setup_plan_command(&setup->plan, SETUP_CHECK, "doveconf", "-n", "-c", file, NULL);
    if (runs(file))
        setup_plan_command(&setup->plan, SETUP_RELOAD, "doveadm", "-c", file, "reload", NULL);
    else
        setup_plan_note(&setup->plan, "Dovecot does not run: start it");
}

bool setup_dovecot_plan(struct setup *setup, struct problem *problem)
{
    static const char *const parameters[] = {"queue_directory", NULL};
    struct setup_text queue = {0};
    bool changed = false, done = setup_postfix_read(setup, parameters, &queue, problem);
    queue.len = setup_line_trim(setup_text_slice(&queue)).len;
    const char *path = setup_text_string(&queue);
    // The files that others include come first and go last.
    done = done && (setup->undo || plan_files(setup, path, &changed, problem)) &&
           plan_main(setup, path, &changed, problem) && plan_auth(setup, &changed, problem) &&
           (!setup->undo || plan_files(setup, path, &changed, problem));
    if (done && (changed || setup->interrupted))
        plan_reload(setup);
    if (done && setup->undo)
        setup_plan_note(&setup->plan, "stored mail in /var/lib/emailgency-store stays");
    setup_text_finish(&queue);
    return done;
}
