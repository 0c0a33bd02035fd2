// SPDX-License-Identifier: BSD-2-Clause
#include "conf/conf.h"

#include "base/log.h"
#include "conf/conf_value.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// libconfuse hands its callbacks no pointer of ours, so the load under way stands here.
static struct {
    const struct conf_option *table;
    void *conf;
    char *problem;
    size_t problem_size;
} loading;

static size_t count_options(const struct conf_option *table)
{
    size_t count = 0;
    while (table[count].key)
        count++;
    return count;
}

static const struct conf_option *find_option(const char *key)
{
    for (const struct conf_option *option = loading.table; option->key; option++)
        if (strcmp(option->key, key) == 0)
            return option;
    return NULL;
}

// The first problem is the one worth telling: libconfuse reports again on its way out.
static void set_problem(const cfg_t *cfg, const char *format, va_list args)
{
    if (loading.problem[0])
        return;
    const int len = snprintf(loading.problem, loading.problem_size,
                             "%s:%d: ", cfg->filename ? cfg->filename : "?", cfg->line);
    if (len > 0 && (size_t)len < loading.problem_size)
        vsnprintf(loading.problem + len, loading.problem_size - (size_t)len, format, args);
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    set_problem(cfg, format, args);
}

static void report(const cfg_t *cfg, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_problem(cfg, format, args);
    va_end(args);
}

// Runs as each `key = value` is read, while libconfuse still knows the line.
static int on_option(cfg_t *cfg, cfg_opt_t *opt)
{
    char reason[CONF_REASON_MAX];
    const struct conf_option *option = find_option(opt->name);
    const char *text = cfg_opt_getnstr(opt, 0);
    if (conf_value_set(option, loading.conf, text ? text : "", reason))
        return 0;
    report(cfg, "%s: %s", opt->name, reason);
    return -1;
}

static enum conf_rc set_defaults(const struct conf_option *table, void *conf, char *problem, size_t size)
{
    char reason[CONF_REASON_MAX];
    for (const struct conf_option *option = table; option->key; option++)
        if (!conf_value_set(option, conf, option->fallback, reason)) {
            snprintf(problem, size, "the default of %s: %s", option->key, reason);
            return CONF_BAD;
        }
    return CONF_OK;
}

static enum conf_rc parse_file(const struct conf_option *table, const char *path)
{
    const size_t count = count_options(table);
    cfg_opt_t *opts = calloc(count + 1, sizeof *opts);
    cfg_t *cfg = NULL;
    enum conf_rc rc = CONF_BAD;
    if (!opts)
        goto out;
    for (size_t i = 0; i < count; i++)
        opts[i] = (cfg_opt_t)CFG_STR(table[i].key, NULL, CFGF_NONE);
    opts[count] = (cfg_opt_t)CFG_END();
    cfg = cfg_init(opts, CFGF_NONE);
    if (!cfg)
        goto out;
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < count; i++)
        cfg_set_validate_func(cfg, table[i].key, on_option);
    switch (cfg_parse(cfg, path)) {
    case CFG_SUCCESS:
        rc = CONF_OK;
        break;
    case CFG_FILE_ERROR:
        snprintf(loading.problem, loading.problem_size, "cannot read %s: %s", path, strerror(errno));
        break;
    default:
        break;
    }
out:
    if (rc != CONF_OK && !loading.problem[0])
        snprintf(loading.problem, loading.problem_size, "cannot read %s", path);
    if (cfg)
        cfg_free(cfg);
    free(opts);
    return rc;
}

static enum conf_rc load_new(const struct conf_option *table, const char *path, void *conf, char *problem,
                             size_t size)
{
    problem[0] = '\0';
    if (set_defaults(table, conf, problem, size) != CONF_OK)
        return CONF_BAD;
    if (!path)
        return CONF_OK;
    loading.table = table;
    loading.conf = conf;
    loading.problem = problem;
    loading.problem_size = size;
    return parse_file(table, path);
}

enum conf_rc conf_load(const struct conf_option *table, size_t size, const char *path, void *out,
                       char *problem, size_t problem_size)
{
    void *fresh = calloc(1, size);
    if (!fresh) {
        snprintf(problem, problem_size, "out of memory");
        return CONF_BAD;
    }
    const enum conf_rc rc = load_new(table, path, fresh, problem, problem_size);
    if (rc == CONF_OK)
        for (const struct conf_option *option = table; option->key; option++)
            conf_value_swap(option, out, fresh);
    conf_free(table, fresh);
    free(fresh);
    return rc;
}

enum conf_rc conf_reload(const struct conf_option *table, size_t size, const char *path, void *inout,
                         char *problem, size_t problem_size)
{
    void *fresh = calloc(1, size);
    if (!fresh) {
        snprintf(problem, problem_size, "out of memory");
        return CONF_BAD;
    }
    const enum conf_rc rc = load_new(table, path, fresh, problem, problem_size);
    for (const struct conf_option *option = table; rc == CONF_OK && option->key; option++) {
        if (conf_value_equal(option, inout, fresh))
            continue;
        if (option->reloadable)
            conf_value_swap(option, inout, fresh);
        else
            log_warn("%s has changed in %s, but needs a restart to be in force", option->key, path);
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
