// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_file.h"
#include "ctl/setup_parts.h"
#include "ctl/setup_run.h"

#include <unistd.h>

struct package {
    unsigned parts;
    const char *path, *name;
};

static const struct package packages[] = {
    {SETUP_POSTFIX, "/usr/sbin/postconf", "postfix"},
    {SETUP_POSTFIX, "/usr/lib/postfix/postfix-lmdb.so", "postfix-lmdb"},
    {SETUP_DOVECOT, "/usr/bin/doveconf", "dovecot-core"},
    {SETUP_DOVECOT, "/usr/lib/dovecot/imap", "dovecot-imapd"},
    {SETUP_DOVECOT, "/usr/lib/dovecot/lmtp", "dovecot-lmtpd"},
    {SETUP_DOVECOT, "/usr/lib/dovecot/modules/auth/libdriver_pgsql.so", "dovecot-pgsql"},
    {SETUP_DOVECOT, "/usr/sbin/pgbouncer", "pgbouncer"},
    {SETUP_POSTGRESQL, "/usr/bin/psql", "postgresql"},
    {SETUP_POSTGRESQL | SETUP_DAEMONS | SETUP_DOVECOT | SETUP_POSTFIX, "/usr/bin/diff", "diffutils"},
};

bool setup_packages_check(const struct setup *setup, struct problem *problem)
{
    struct setup_text missing = {0};
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++)
        if (setup->parts & packages[i].parts && access(packages[i].path, F_OK) != 0)
            setup_text_print(&missing, " %s", packages[i].name);
    const bool complete = !missing.len;
    if (!complete)
        (void)problem_set(problem,
                          "packages are missing, and nothing was changed; install them: apt install%s",
                          setup_text_string(&missing));
    setup_text_finish(&missing);
    return complete;
}

struct setup_change *setup_read_in(struct setup *setup, const char *folder, const char *name,
                                   struct problem *problem)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        (void)problem_set(problem, "the path is too long: %s", folder);
        return NULL;
    }
    return setup_plan_read(&setup->plan, path, problem);
}

bool setup_share_read(const struct setup *setup, const char *name, struct setup_text *out,
                      struct problem *problem)
{
    char path[PATH_MAX];
    struct setup_change file;
    (void)snprintf(path, sizeof path, "%s/%s", setup->share, name);
    bool done = setup_change_read(&file, path, problem);
    if (done && !file.exists)
        done =
            problem_set(problem, "%s is missing; install Emailgency, or name its folder: --share DIR", path);
    if (done)
        setup_text_add(out, setup_text_slice(&file.before));
    setup_change_finish(&file);
    return done;
}

static void replace_all(struct slice in, const struct setup_replacement *replacements, struct setup_text *out)
{
    while (in.len) {
        const struct setup_replacement *found = replacements;
        while (found->from && !slice_has_prefix(in, slice_from(found->from)))
            found++;
        setup_text_add(out, found->from ? slice_from(found->to) : slice_make(in.ptr, 1));
        in = slice_skip(in, found->from ? strlen(found->from) : 1);
    }
}

bool setup_share_copy(struct setup *setup, const char *name, const char *path,
                      const struct setup_replacement *replacements, struct problem *problem)
{
    struct setup_text shipped = {0}, content = {0};
    struct setup_change *change = setup_plan_read(&setup->plan, path, problem);
    bool done = change != NULL;
    if (done && !setup->undo && setup_share_read(setup, name, &shipped, problem)) {
        replace_all(setup_text_slice(&shipped), replacements, &content);
        setup_own_apply(setup_text_slice(&change->base), setup_text_slice(&content), &change->after);
        if (change->base.len && !slice_equal(setup_text_slice(&change->base), setup_text_slice(&content)))
            setup_plan_note(&setup->plan, "%s is not setup's, and stays as it is; compare it with %s/%s",
                            path, setup->share, name);
    } else if (done && setup->undo)
        setup_text_add(&change->after, setup_text_slice(&change->base));
    else
        done = false;
    setup_text_finish(&shipped);
    setup_text_finish(&content);
    return done;
}

bool setup_postfix_read(const struct setup *setup, const char *const *parameters, struct setup_text *out,
                        struct problem *problem)
{
    const char *argv[16] = {"postconf", "-c", setup->postfix, "-xh"};
    struct setup_text printed = {0};
    size_t count = 4;
    while (*parameters && count < 15)
        argv[count++] = *parameters++;
    const bool done = setup_run_read(argv, &printed, problem);
    // A warning, such as that of a parameter which no program knows, is no value.
    for (struct slice rest = setup_text_slice(&printed); done && rest.len;) {
        const struct slice line = setup_line_next(&rest);
        if (!slice_has_prefix(line, SLICE("postconf: warning: ")))
            setup_text_add(out, line);
    }
    setup_text_finish(&printed);
    return done;
}

struct slice setup_database_value(struct slice conninfo, const char *keyword)
{
    struct slice word, name, value, found = SLICE("");
    while (setup_word_next(&conninfo, &word))
        if (slice_split(word, '=', &name, &value) && slice_equal(name, slice_from(keyword)))
            found = value;
    return found;
}

bool setup_database_is_local(struct slice conninfo)
{
    const struct slice host = setup_database_value(conninfo, "host");
    return !host.len || host.ptr[0] == '/';
}

// Without its user: each daemon has one of its own.
static void add_earlier(struct slice conninfo, struct setup_text *out)
{
    for (struct slice word; setup_word_next(&conninfo, &word);)
        if (!slice_has_prefix(word, SLICE("user=")))
            setup_text_print(out, "%s%.*s", out->len ? " " : "", (int)word.len, word.ptr);
}

bool setup_database(struct setup *setup, struct setup_text *out, struct problem *problem)
{
    char path[PATH_MAX];
    struct setup_change file = {.exists = false};
    struct slice earlier;
    (void)snprintf(path, sizeof path, "%s/replicator.conf", setup->etc);
    if (setup->database)
        setup_text_print(out, "%s", setup->database);
    else if (!setup_change_read(&file, path, problem)) {
        setup_change_finish(&file);
        return false;
    } else if (setup_conf_value(setup_text_slice(&file.before), "database", &earlier))
        add_earlier(earlier, out);
    setup_change_finish(&file);
    if (!out->len)
        setup_text_print(out, SETUP_DATABASE);
    const struct slice text = setup_text_slice(out);
    if (memchr(text.ptr, '\'', text.len) || memchr(text.ptr, '"', text.len) ||
        !memchr(text.ptr, '=', text.len))
        return problem_set(problem, "--database: write it as in \"host=db.example.net dbname=emailgency\"");
    if (setup_database_value(text, "password").len)
        return problem_set(
            problem,
            "--database, or database in replicator.conf, holds a password, which this would print and "
            "give to other roles: put it into a file of mode 0400, and name that in "
            "database_password_file");
    return !setup_database_value(text, "user").len ||
           problem_set(problem, "--database: without user, since each daemon has a role of its own");
}

bool setup_ask(const char *question, struct setup_text *answer)
{
    char line[512];
    if (!isatty(STDIN_FILENO))
        return false;
    printf("%s ", question);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return false;
    setup_text_add(answer, setup_line_trim(slice_from(line)));
    return answer->len > 0;
}
