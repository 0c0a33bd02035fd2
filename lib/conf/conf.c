// SPDX-License-Identifier: BSD-2-Clause
#include "conf/conf.h"

#include "base/log.h"
#include "conf/conf_value.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 1048576 // bytes

// libconfuse passes no argument to its callbacks, so the load in progress is kept here.
static struct {
    const struct conf_option *table;
    bool partial; // keys that are not in the table are skipped
    void *conf;
    bool *seen;     // which rows of the table the file has set
    int value_line; // where the last value stood
    struct problem *problem;
} loading;

static size_t count_options(const struct conf_option *table)
{
    size_t count = 0;
    while (table[count].key)
        count++;
    return count;
}

static size_t find_option(const char *key)
{
    size_t at = 0;
    while (strcmp(loading.table[at].key, key) != 0)
        at++;
    return at;
}

static bool has_problem(void)
{
    return loading.problem->text[0];
}

// The first problem is the one to report: libconfuse reports again on its way out.
static void report(const cfg_t *cfg, const char *what)
{
    if (!has_problem())
        problem_set(loading.problem, "%s:%d: %s", cfg->filename, cfg->line, what);
}

// libconfuse's own errors. After a value on the same line it takes the rest of that value for a key.
static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    static const char hint[] = "; write a value with blanks or one of # = { } ( ) + , in double quotes";
    char text[256];
    struct problem what;
    vsnprintf(text, sizeof text, format, args);
    problem_set(&what, "%s%s", text, cfg->line == loading.value_line ? hint : "");
    report(cfg, what.text);
}

static bool set_value(cfg_opt_t *opt, struct problem *problem)
{
    struct problem why;
    const size_t at = find_option(opt->name);
    const char *text = cfg_opt_getnstr(opt, 0);
    if (loading.seen[at])
        return problem_set(problem, "%s stands here a second time", opt->name);
    loading.seen[at] = true;
    return conf_value_set(&loading.table[at], loading.conf, text ? text : "", &why) ||
           problem_set(problem, "%s: %s", opt->name, why.text);
}

// Runs as each `key = value` is read, while libconfuse still has its line.
static int on_option(cfg_t *cfg, cfg_opt_t *opt)
{
    struct problem problem;
    loading.value_line = cfg->line;
    if (!set_value(opt, &problem))
        report(cfg, problem.text);
    return has_problem() ? -1 : 0;
}

// Called after the file was read: the default of a secret need not exist where the file names another one.
static enum conf_rc set_defaults(void)
{
    struct problem why;
    for (size_t i = 0; loading.table[i].key; i++) {
        const struct conf_option *option = &loading.table[i];
        if (loading.seen[i] || conf_value_set(option, loading.conf, option->fallback, &why))
            continue;
        problem_set(loading.problem, "the default of %s: %s", option->key, why.text);
        return CONF_BAD;
    }
    return CONF_OK;
}

static cfg_t *create_parser(const char *path)
{
    const size_t count = count_options(loading.table);
    cfg_opt_t *opts = calloc(count + 2, sizeof *opts);
    if (!opts)
        return NULL;
    for (size_t i = 0; i < count; i++)
        opts[i] = (cfg_opt_t)CFG_STR(loading.table[i].key, NULL, CFGF_NONE);
    // libconfuse puts the values of all other keys there.
    opts[count] = loading.partial ? (cfg_opt_t)CFG_STR("__unknown", NULL, CFGF_NONE) : (cfg_opt_t)CFG_END();
    opts[count + 1] = (cfg_opt_t)CFG_END();
    cfg_t *cfg = cfg_init(opts, loading.partial ? CFGF_IGNORE_UNKNOWN : CFGF_NONE);
    free(opts);
    if (!cfg)
        return NULL;
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < count; i++)
        cfg_set_validate_func(cfg, loading.table[i].key, on_option);
    cfg->filename = strdup(path);
    return cfg;
}

// libconfuse counts the line of a comment three times, so it gets the text without comments.
static void blank_comments(char *text, size_t len)
{
    char quote = '\0';
    for (size_t i = 0; i < len; i++) {
        if (quote && text[i] == '\\')
            i++;
        else if (quote && text[i] == quote)
            quote = '\0';
        else if (quote)
            continue;
        else if (text[i] == '"' || text[i] == '\'')
            quote = text[i];
        else if (text[i] == '#')
            for (; i < len && text[i] != '\n'; i++)
                text[i] = ' ';
    }
}

// The file's text, without its comments; NULL, with the problem reported, where it cannot be read.
static char *read_text(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    bool readable = false;
    if (text) {
        *len = fread(text, 1, FILE_MAX + 1, file);
        readable = !ferror(file);
    }
    const int reason = errno;
    if (file)
        fclose(file);
    if (readable && *len <= FILE_MAX) {
        blank_comments(text, *len);
        return text;
    }
    free(text);
    if (readable)
        problem_set(loading.problem, "%s is larger than %d bytes", path, FILE_MAX);
    else
        problem_set(loading.problem, "cannot read %s: %s", path, strerror(reason));
    return NULL;
}

static enum conf_rc parse_text(const char *path, char *text, size_t len)
{
    enum conf_rc rc = CONF_BAD;
    FILE *file = fmemopen(text, len, "r");
    cfg_t *cfg = file ? create_parser(path) : NULL;
    if (!cfg || !cfg->filename)
        problem_set(loading.problem, "out of memory");
    else if (cfg_parse_fp(cfg, file) == CFG_SUCCESS)
        rc = CONF_OK;
    else if (!has_problem())
        problem_set(loading.problem, "%s:%d: this cannot be read", path, cfg->line);
    cfg_free(cfg);
    if (file)
        fclose(file);
    return rc;
}

static enum conf_rc parse_file(const char *path)
{
    size_t len = 0;
    char *text = read_text(path, &len);
    if (!text)
        return CONF_BAD;
    const enum conf_rc rc = parse_text(path, text, len);
    free(text);
    return rc;
}

static enum conf_rc load_new(const struct conf_option *table, bool partial, const char *path, void *conf,
                             struct problem *problem)
{
    enum conf_rc rc = CONF_BAD;
    problem->text[0] = '\0';
    loading.table = table;
    loading.partial = partial;
    loading.conf = conf;
    loading.seen = calloc(count_options(table) + 1, sizeof *loading.seen);
    loading.value_line = 0;
    loading.problem = problem;
    if (!loading.seen)
        problem_set(problem, "out of memory");
    else if (!path || parse_file(path) == CONF_OK)
        rc = set_defaults();
    free(loading.seen);
    memset(&loading, 0, sizeof loading);
    return rc;
}

static enum conf_rc load(const struct conf_option *table, bool partial, size_t size, const char *path,
                         void *out, struct problem *problem)
{
    void *fresh = calloc(1, size);
    if (!fresh) {
        problem_set(problem, "out of memory");
        return CONF_BAD;
    }
    const enum conf_rc rc = load_new(table, partial, path, fresh, problem);
    if (rc == CONF_OK)
        for (const struct conf_option *option = table; option->key; option++)
            conf_value_swap(option, out, fresh);
    conf_free(table, fresh);
    free(fresh);
    return rc;
}

enum conf_rc conf_load(const struct conf_option *table, size_t size, const char *path, void *out,
                       struct problem *problem)
{
    return load(table, false, size, path, out, problem);
}

enum conf_rc conf_load_part(const struct conf_option *table, size_t size, const char *path, void *out,
                            struct problem *problem)
{
    return load(table, true, size, path, out, problem);
}

enum conf_rc conf_reload(const struct conf_option *table, size_t size, const char *path, void *inout,
                         struct problem *problem)
{
    void *fresh = calloc(1, size);
    if (!fresh) {
        problem_set(problem, "out of memory");
        return CONF_BAD;
    }
    const enum conf_rc rc = load_new(table, false, path, fresh, problem);
    for (const struct conf_option *option = table; rc == CONF_OK && option->key; option++) {
        if (conf_value_equal(option, inout, fresh))
            continue;
        if (option->reloadable)
            conf_value_swap(option, inout, fresh);
        else
            log_warn("%s has changed%s%s, but needs a restart to be in force", option->key,
                     path ? " in " : "", path ? path : "");
    }
    conf_free(table, fresh);
    free(fresh);
    return rc;
}

void conf_print(const struct conf_option *table, const void *in, FILE *out)
{
    for (const struct conf_option *option = table; option->key; option++) {
        fprintf(out, "# %s\n%s = ", option->help, option->key);
        conf_value_print(option, in, out);
        fputc('\n', out);
    }
}

void conf_free(const struct conf_option *table, void *inout)
{
    for (const struct conf_option *option = table; option->key; option++)
        conf_value_free(option, inout);
}
