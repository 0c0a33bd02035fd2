// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue_look.h"

#include "ctl/program_run.h"
#include "io/process_number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MS = 1500, PATH_MS = 500 };

static void on_message(void *arg, struct slice line)
{
    struct status_queue *queue = arg;
    char text[200];
    if (queue_listing_add(&queue->summary, line) || line.len == 0)
        return;
    // Other lines are errors; the last one counts.
    (void)slice_copy(slice_make(line.ptr, line.len < sizeof text ? line.len : sizeof text - 1), text,
                     sizeof text);
    problem_set(&queue->problem, "%s", text);
}

static void on_path(void *arg, struct slice line)
{
    char *path = arg;
    if (path[0] == '\0')
        (void)slice_copy(line, path, 256);
}

// For root with few capabilities, as in a container: it may not see the program of a process that has changed
// its user.
static bool is_named_master(pid_t pid)
{
    char path[320], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    const bool is_named = file && fscanf(file, "%30s", name) == 1 && strcmp(name, "master") == 0;
    if (file)
        fclose(file);
    return is_named;
}

// Returns whether the pid file of master(8) names a process that is one. postqueue(1) lists the queue for
// root also while Postfix does not run. A process that has ended and is not waited for has no program any
// more.
static bool master_runs(const char *queue)
{
    char path[320], program[256];
    pid_t pid;
    snprintf(path, sizeof path, "%s/pid/master.pid", queue);
    if (!process_number_read(path, &pid))
        return false;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    const ssize_t len = readlink(path, program, sizeof program);
    if (len < 0 && errno == EACCES)
        return is_named_master(pid);
    struct slice folder, name;
    slice_split_last(slice_make(program, len > 0 ? (size_t)len : 0), '/', &folder, &name);
    return slice_has_prefix(name, SLICE("master")); // "master (deleted)" after an upgrade
}

static bool is_stopped(const char *config, const struct status_queue *queue)
{
    static const char name[] = "queue_directory";
    char path[256] = "";
    // Options come before the parameter.
    const char *const argv[] = {"postconf", "-h", config ? "-c" : name, config, config ? name : NULL, NULL};
    if (strstr(queue->problem.text, "mail system is down"))
        return true;
    return geteuid() == 0 && program_run(argv, PATH_MS, on_path, path) == PROGRAM_RUN_OK &&
           !master_runs(path);
}

void queue_look(const char *config, struct status_queue *out)
{
    const char *const argv[] = {"postqueue", "-j", config ? "-c" : NULL, config, NULL};
    *out = (struct status_queue){.known = false};
    const enum program_run_rc rc = program_run(argv, LIST_MS, on_message, out);
    out->cut = rc == PROGRAM_RUN_LATE;
    out->known = rc == PROGRAM_RUN_OK || (out->cut && out->summary.messages > 0);
    out->stopped = rc != PROGRAM_RUN_NONE && is_stopped(config, out);
    if (rc == PROGRAM_RUN_NONE)
        problem_set(&out->problem, "there is no postqueue");
    else if (out->cut && !out->known)
        problem_set(&out->problem, "postqueue does not answer within %d ms", LIST_MS);
    else if (!out->known && !out->problem.text[0])
        problem_set(&out->problem, "postqueue failed");
}
