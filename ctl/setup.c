// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup.h"

#include "base/log.h"
#include "ctl/setup_lock.h"
#include "ctl/setup_parts.h"
#include "installation/installation.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    DRY_RUN,
    YES,
    UNDO,
    ONLY,
    SERVICE_DOMAIN,
    POSTMASTER,
    MX_HOSTS,
    DATABASE,
    DROP_PERMIT_MYNETWORKS,
    DROP_LOCAL_USERS,
    OVERWRITE,
    POSTFIX,
    DOVECOT,
    ETC,
    SHARE,
};
static const struct ctl_option options[] = {
    [DRY_RUN] = {"dry-run", 'n', NULL, NULL, NULL, "print what would be done and change nothing"},
    [YES] = {"yes", 'y', NULL, NULL, NULL, "do not ask"},
    [UNDO] = {"undo", 0, NULL, NULL, NULL, "take back what setup did to files and services"},
    [ONLY] = {"only", 0, "PARTS", NULL, "postgresql,daemons,dovecot,postfix", "the parts to set up"},
    [SERVICE_DOMAIN] = {"service-domain", 0, "NAME", NULL, NULL, "the service's own domain"},
    [POSTMASTER] = {"postmaster", 0, "ADDRESS", NULL, NULL, "who reads mail to postmaster"},
    [MX_HOSTS] = {"mx-hosts", 0, "NAMES", NULL, NULL, "names and addresses of the MX hosts"},
    [DATABASE] = {"database", 0, "CONNINFO", NULL, NULL, "where the database is"},
    [DROP_PERMIT_MYNETWORKS] = {"drop-permit-mynetworks", 0, NULL, NULL, NULL,
                                "mynetworks may no longer relay by Postfix's MX side"},
    [DROP_LOCAL_USERS] = {"drop-local-users", 0, NULL, NULL, NULL,
                          "accounts of this host may no longer log in to Dovecot"},
    [OVERWRITE] = {"overwrite", 0, NULL, NULL, NULL, "give up edits between setup's marks"},
    [POSTFIX] = {"postfix", 0, "DIR", NULL, SETUP_POSTFIX_FOLDER,
                 "the configuration of the Postfix instance"},
    [DOVECOT] = {"dovecot", 0, "DIR", NULL, SETUP_DOVECOT_FOLDER, "the configuration of Dovecot"},
    [ETC] = {"etc", 0, "DIR", NULL, SETUP_ETC_FOLDER, "the configuration of the daemons"},
    [SHARE] = {"share", 0, "DIR", NULL, NULL, "what Emailgency ships; else that of this program"},
    {.name = NULL},
};

static int fail(int code, const struct problem *problem)
{
    fflush(stdout);
    fprintf(stderr, "emailgencyctl: %s\n", problem->text);
    return code;
}

static bool read_parts(const char *text, unsigned *parts, struct problem *problem)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {{"postgresql", SETUP_POSTGRESQL},
                 {"daemons", SETUP_DAEMONS},
                 {"dovecot", SETUP_DOVECOT},
                 {"postfix", SETUP_POSTFIX}};
    struct slice rest = slice_from(text), word;
    for (*parts = 0; setup_word_next(&rest, &word);) {
        size_t i = 0;
        while (i < 4 && !slice_equal(word, slice_from(names[i].name)))
            i++;
        if (i == 4)
            return problem_set(problem, "--only %s: not of postgresql,daemons,dovecot,postfix",
                               log_value(slice_from(text)).text);
        *parts |= names[i].bit;
    }
    return *parts != 0 || problem_set(problem, "--only: name a part, as in --only postfix");
}

// Files are written by absolute paths.
static bool read_folder(const char *value, const char *option, const char **out, struct problem *problem)
{
    char *path = realpath(value, NULL);
    *out = path ? path : strdup(value);
    return (*out && **out == '/') || problem_set(problem, "--%s %s: there is no such folder", option, value);
}

// The data that were installed with this program, by default.
static bool read_share(const char *value, const char **out, struct problem *problem)
{
    static const char snippet[] = "emailgency/postfix/main.cf";
    char path[INSTALLATION_PATH_MAX];
    if (value)
        return read_folder(value, "share", out, problem);
    if (!installation_find(INSTALLATION_DATA, snippet, path, problem))
        return false;
    path[strlen(path) - strlen("/postfix/main.cf")] = '\0';
    return read_folder(path, "share", out, problem);
}

static bool read_options(const char *const *values, struct setup *setup, struct problem *problem)
{
    setup->dry_run = values[DRY_RUN] != NULL;
    setup->yes = values[YES] != NULL;
    setup->undo = values[UNDO] != NULL;
    setup->overwrite = values[OVERWRITE] != NULL;
    setup->drop_permit_mynetworks = values[DROP_PERMIT_MYNETWORKS] != NULL;
    setup->drop_local_users = values[DROP_LOCAL_USERS] != NULL;
    setup->service_domain = values[SERVICE_DOMAIN];
    setup->postmaster = values[POSTMASTER];
    setup->mx_hosts = values[MX_HOSTS];
    setup->database = values[DATABASE];
    return read_parts(values[ONLY], &setup->parts, problem) &&
           read_folder(values[POSTFIX], "postfix", &setup->postfix, problem) &&
           read_folder(values[DOVECOT], "dovecot", &setup->dovecot, problem) &&
           read_folder(values[ETC], "etc", &setup->etc, problem) &&
           read_share(values[SHARE], &setup->share, problem);
}

// The database is there before the daemons that ask it, these before Dovecot and Postfix; undone in reverse
// order.
static bool plan(struct setup *setup, struct problem *problem)
{
    static const struct {
        unsigned bit;
        bool (*plan)(struct setup *setup, struct problem *problem);
    } parts[] = {{SETUP_POSTGRESQL, setup_postgresql_plan},
                 {SETUP_DAEMONS, setup_daemons_plan},
                 {SETUP_DOVECOT, setup_dovecot_plan},
                 {SETUP_POSTFIX, setup_postfix_plan}};
    for (size_t i = 0; i < 4; i++) {
        const size_t at = setup->undo ? 3 - i : i;
        if (setup->parts & parts[at].bit && !parts[at].plan(setup, problem))
            return false;
    }
    return true;
}

// Edits between the marks would be lost.
static bool check_edits(const struct setup *setup, struct problem *problem)
{
    for (size_t i = 0; i < setup->plan.change_count; i++) {
        const struct setup_change *change = &setup->plan.changes[i];
        if (change->edited && !setup->overwrite)
            return problem_set(
                problem,
                "%s was edited after line %zu, between setup's marks; move your lines out of them, or give "
                "them up: --overwrite",
                change->path, change->edited);
    }
    return true;
}

static bool agree(const struct setup *setup)
{
    struct setup_text answer = {0};
    if (setup->yes)
        return true;
    const bool agreed =
        setup_ask("Do this? [y/N]", &answer) && (answer.ptr[0] == 'y' || answer.ptr[0] == 'Y');
    setup_text_finish(&answer);
    return agreed;
}

static int carry_out(struct setup *setup)
{
    struct problem problem;
    if (!setup_lock_take(setup->etc, setup->dry_run, &setup->interrupted, &problem))
        return fail(EX_TEMPFAIL, &problem);
    if (!plan(setup, &problem))
        return fail(EX_UNAVAILABLE, &problem);
    if (!setup->dry_run)
        setup_plan_sweep(&setup->plan);
    if (setup->plan.step_count == 0) {
        setup->plan.notes.len = 0;
        printf("nothing to do\n");
        return EX_OK;
    }
    if (!setup_plan_print(&setup->plan, &problem))
        return fail(EX_OSERR, &problem);
    if (!check_edits(setup, &problem))
        return fail(EX_DATAERR, &problem);
    if (setup->dry_run)
        return EX_OK;
    if (!agree(setup)) {
        (void)problem_set(&problem, "nothing was changed; to do it without a question: --yes");
        return fail(EX_USAGE, &problem);
    }
    if (!setup_lock_begin(&problem))
        return fail(EX_OSERR, &problem);
    const bool done = setup_plan_run(&setup->plan, &problem);
    setup_lock_end();
    if (!done) {
        printf("what commands did to the database and to units stays\n");
        return fail(EX_UNAVAILABLE, &problem);
    }
    printf(setup->undo ? "undone\n" : "done; look at the result: emailgencyctl check-postfix -c %s\n",
           setup->postfix);
    return EX_OK;
}

static bool check_root(struct problem *problem)
{
    return geteuid() == 0 ||
           problem_set(problem, "run setup as root: it reads and writes files of several accounts");
}

static int run(char *const *operands, const char *const *values)
{
    static struct setup setup;
    struct problem problem;
    int code;
    (void)operands;
    if (!read_options(values, &setup, &problem))
        code = fail(EX_USAGE, &problem);
    else if (!check_root(&problem))
        code = fail(EX_NOPERM, &problem);
    else if (!setup_packages_check(&setup, &problem))
        code = fail(EX_UNAVAILABLE, &problem);
    else
        code = carry_out(&setup);
    setup_lock_release();
    setup_plan_finish(&setup.plan);
    free((char *)setup.postfix);
    free((char *)setup.dovecot);
    free((char *)setup.etc);
    free((char *)setup.share);
    return code;
}

const struct ctl_command setup_command = {
    .name = "setup",
    .summary = "wire Emailgency into Postfix, Dovecot and PostgreSQL, or undo it",
    .options = options,
    .run = run,
};
