// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/access_check.h"

static const char *verb(unsigned bits, bool is_file)
{
    if (!is_file)
        return "enter";
    return bits & 1 && !(bits & 2) ? "execute" : bits & 2 ? "write to" : "read";
}

static void add_remedy(struct finding *finding, const char *command)
{
    if (command)
        finding_run(finding, "%s", command);
}

static void add_denied(const struct access_check *check, const struct fact_path *path)
{
    struct finding *finding =
        finding_add(check->findings, check->severity, check->parameter, NULL, check->why,
                    "%.*s may not %s %s, which has mode %04o", (int)check->account.len, check->account.ptr,
                    verb(check->bits, path->is_file), path->at, path->mode);
    if (!path->is_file && check->folder)
        finding_run(finding, "%s", check->folder);
    else if (!path->is_file)
        finding_run(finding, "chmod o+x %s", path->at);
    else
        add_remedy(finding, check->repair);
}

// A socket may be there although its server is not.
static bool listens(const struct access_check *check)
{
    const struct slice problem = fact_text(check->facts, "path.%s.connect", check->path);
    if (problem.len == 0)
        return true;
    struct finding *finding =
        finding_add(check->findings, check->severity, check->parameter, NULL, check->why,
                    "no server is there: %.*s", (int)problem.len, problem.ptr);
    add_remedy(finding, check->make);
    return false;
}

bool access_check(const struct access_check *check)
{
    struct fact_path path;
    struct finding *finding;
    bool is_parameter;
    switch (fact_path_access(check->facts, check->path, check->account, check->bits, &path)) {
    case FACT_MAY:
        return listens(check);
    case FACT_MAY_NOT:
        add_denied(check, &path);
        return false;
    case FACT_MISSING:
        is_parameter = strcmp(path.at, check->parameter) == 0;
        finding = finding_add(check->findings, check->severity, check->parameter, NULL, check->why,
                              "%s%s%.*s", is_parameter ? "" : path.at, is_parameter ? "" : ": ",
                              (int)path.problem.len, path.problem.ptr);
        add_remedy(finding, check->make);
        return false;
    case FACT_NOBODY:
        finding_run(finding_add(check->findings, check->severity, check->parameter, NULL, check->why,
                                "there is no account %.*s", (int)check->account.len, check->account.ptr),
                    "systemd-sysusers");
        return false;
    case FACT_HIDDEN:
        break;
    }
    finding_unknown(check->findings, check->parameter, path.problem);
    return false;
}
