// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/finding.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

static const char *const words[] = {[FINDING_OK] = "ok",
                                    [FINDING_UNKNOWN] = "unknown",
                                    [FINDING_WARNING] = "warning",
                                    [FINDING_ERROR] = "error"};

static void copy(const char *from, char *to, size_t size)
{
    snprintf(to, size, "%s", from ? from : "");
}

static bool is_known(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->list[i].parameter, finding->parameter) == 0 &&
            strcmp(findings->list[i].says, finding->says) == 0)
            return true;
    return false;
}

// A value may hold any bytes, which terminals and JSON cannot show.
static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

struct finding *finding_add(struct findings *findings, enum finding_severity severity, const char *parameter,
                            const char *write, const char *why, const char *format, ...)
{
    struct finding finding = {.severity = severity, .subject = findings->subject, .why = why};
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(finding.says, sizeof finding.says, format, arguments);
    va_end(arguments);
    copy(parameter, finding.parameter, sizeof finding.parameter);
    copy(write, finding.write, sizeof finding.write);
    make_printable(finding.says);
    make_printable(finding.parameter);
    make_printable(finding.write);
    if (is_known(findings, &finding))
        return NULL;
    findings->errors += severity == FINDING_ERROR;
    findings->unknown += severity == FINDING_UNKNOWN;
    if (findings->count == FINDING_MAX)
        return NULL;
    findings->list[findings->count] = finding;
    return &findings->list[findings->count++];
}

// Expands `format` into finding->write.
#define SET_REMEDY(finding, kind, format)                                                                    \
    do {                                                                                                     \
        va_list arguments;                                                                                   \
        if (!(finding))                                                                                      \
            return;                                                                                          \
        va_start(arguments, format);                                                                         \
        vsnprintf((finding)->write, sizeof(finding)->write, format, arguments);                              \
        va_end(arguments);                                                                                   \
        make_printable((finding)->write);                                                                    \
        (finding)->fix = (kind);                                                                             \
    } while (false)

void finding_write(struct finding *finding, const char *where, const char *format, ...)
{
    SET_REMEDY(finding, FINDING_WRITE, format);
    copy(where, finding->where, sizeof finding->where);
}

void finding_run(struct finding *finding, const char *format, ...)
{
    SET_REMEDY(finding, FINDING_RUN, format);
}

void finding_sql(struct finding *finding, const char *format, ...)
{
    SET_REMEDY(finding, FINDING_SQL, format);
}

void finding_unknown(struct findings *findings, const char *parameter, struct slice problem)
{
    const char *head = slice_has_prefix(problem, SLICE("cannot look")) ? "" : "cannot look: ";
    finding_run(finding_add(findings, FINDING_UNKNOWN, parameter, NULL, "nothing is known of it", "%s%.*s",
                            head, (int)problem.len, problem.ptr),
                "sudo emailgencyctl check%s%s", findings->subject ? " " : "",
                findings->subject ? findings->subject : "");
}

void finding_of_conf(struct findings *findings, const char *parameter, struct slice problem)
{
    if (slice_has_suffix_nocase(problem, SLICE("denied")))
        finding_unknown(findings, parameter, problem);
    else
        finding_run(finding_add(findings, FINDING_ERROR, parameter, NULL, "the daemon does not start", "%.*s",
                                (int)problem.len, problem.ptr),
                    "emailgencyctl check files");
}

void finding_format(const struct finding *finding, char out[FINDING_LINE_MAX])
{
    static const char *const verbs[] = {
        [FINDING_WRITE] = "write", [FINDING_RUN] = "run", [FINDING_SQL] = "run in psql"};
    char remedy[FINDING_LINE_MAX / 2] = "";
    if (finding->write[0])
        snprintf(remedy, sizeof remedy, "; %s \"%s\"%s%s", verbs[finding->fix], finding->write,
                 finding->where[0] ? " in " : "", finding->where);
    snprintf(out, FINDING_LINE_MAX, "%s: %s: %s%s%s%s%s", words[finding->severity], finding->parameter,
             finding->says, remedy, finding->why ? " (" : "", finding->why ? finding->why : "",
             finding->why ? ")" : "");
}

static bool print_line(const struct finding *finding, FILE *out)
{
    char line[FINDING_LINE_MAX];
    finding_format(finding, line);
    return fprintf(out, "%s\n", line) > 0;
}

json_t *finding_pack(const struct finding *finding)
{
    static const char *const keys[] = {
        [FINDING_WRITE] = "write", [FINDING_RUN] = "run", [FINDING_SQL] = "sql"};
    return json_pack("{s:s, s:s*, s:s, s:s, s:s*, s:s*, s:s*}", "severity", words[finding->severity],
                     "subject", finding->subject, "parameter", finding->parameter, "says", finding->says,
                     keys[finding->fix], finding->write[0] ? finding->write : NULL, "file",
                     finding->where[0] ? finding->where : NULL, "why", finding->why);
}

static bool print_json(const struct finding *finding, FILE *out)
{
    json_t *object = finding_pack(finding);
    const bool done = object && json_dumpf(object, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
    json_decref(object);
    return done;
}

static bool print_all(const struct findings *findings, FILE *out, enum finding_severity least,
                      bool (*print)(const struct finding *, FILE *))
{
    bool done = true;
    for (int severity = FINDING_ERROR; severity >= (int)least; severity--)
        for (size_t i = 0; i < findings->count && done; i++)
            if ((int)findings->list[i].severity == severity)
                done = print(&findings->list[i], out);
    return done;
}

bool finding_print(const struct findings *findings, FILE *out)
{
    return print_all(findings, out, FINDING_OK, print_line);
}

bool finding_print_json(const struct findings *findings, FILE *out)
{
    return print_all(findings, out, FINDING_OK, print_json);
}

// The findings of the subject that begins at `*at`, which is moved to the next subject.
static bool print_count(const struct findings *findings, size_t *at, FILE *out)
{
    const char *subject = findings->list[*at].subject;
    size_t all = 0, right = 0;
    for (; *at < findings->count && findings->list[*at].subject == subject; ++*at) {
        all++;
        right += findings->list[*at].severity == FINDING_OK;
    }
    return right == 0 ||
           fprintf(out, "ok: %s: %zu of %zu checks\n", subject ? subject : "all", right, all) > 0;
}

bool finding_print_brief(const struct findings *findings, FILE *out)
{
    bool done = print_all(findings, out, FINDING_UNKNOWN, print_line);
    for (size_t at = 0; at < findings->count && done;)
        done = print_count(findings, &at, out);
    return done;
}
