// SPDX-License-Identifier: BSD-2-Clause
// Holds, releases or deletes one message of Postfix's queue: one request on standard input, one reply on
// standard output, as systemd's sockets with Accept=yes have it. It runs as root, since postsuper(1) takes
// nobody else, and does nothing but this.
#include "queuehold/hold_program.h"
#include "queuehold/request/hold_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POSTCAT "/usr/sbin/postcat"
#define POSTSUPER "/usr/sbin/postsuper"

enum { LIFETIME_S = 60, EXIT_OF_USAGE = 64 };

static void reply(const char *word, const char *reason)
{
    char line[200];
    int len = snprintf(line, sizeof line, "%s%s%.*s\n", word, *reason ? " " : "",
                       (int)strcspn(reason, "\n") < 150 ? (int)strcspn(reason, "\n") : 150, reason);
    while (len > 0 && write(STDOUT_FILENO, line, (size_t)len) < 0 && errno == EINTR)
        continue;
}

// The line of standard input, without its end; empty if there is none.
static struct slice read_line(char buffer[HOLD_REQUEST_MAX])
{
    size_t len = 0;
    ssize_t got;
    while (len < HOLD_REQUEST_MAX && (got = read(STDIN_FILENO, buffer + len, HOLD_REQUEST_MAX - len)) > 0) {
        const char *end = memchr(buffer + len, '\n', (size_t)got);
        if (end)
            return slice_make(buffer, (size_t)(end - buffer));
        len += (size_t)got;
    }
    return SLICE("");
}

static int run(const char *program, const char *config, const char *option, const char *id,
               char out[HOLD_OUTPUT_MAX])
{
    const char *with_config[] = {program, "-c", config, option, id, NULL};
    const char *plain[] = {program, option, id, NULL};
    return hold_program_run(*config ? with_config : plain, out);
}

// Looks first: Postfix uses a short queue id again once its message has left the queue.
static void serve(const char *config, const struct hold_request *request)
{
    static char output[HOLD_OUTPUT_MAX];
    const int looked = run(POSTCAT, config, "-eq", request->id, output);
    const bool is_missing = strstr(output, "No such file") != NULL;
    if (looked != 0) {
        reply(is_missing ? "gone" : "failed", is_missing ? "" : *output ? output : "postcat cannot be run");
        return;
    }
    const enum hold_verdict verdict = hold_request_judge(request, slice_from(output));
    if (verdict == HOLD_NOT_THEIRS) {
        reply("gone", "");
        return;
    }
    if (verdict == HOLD_TO_DO &&
        run(POSTSUPER, config, hold_request_option(request->action), request->id, output) != 0) {
        reply("failed", *output ? output : "postsuper cannot be run");
        return;
    }
    const bool is_done = verdict == HOLD_DONE || strstr(output, ": 1 message") != NULL;
    reply(is_done ? hold_request_outcome(request->action) : "gone", "");
}

int main(int argc, char **argv)
{
    char buffer[HOLD_REQUEST_MAX];
    struct hold_request request;
    const bool has_config = argc == 3 && strcmp(argv[1], "-c") == 0 && argv[2][0] == '/';
    if (argc != 1 && !has_config) {
        fputs("usage: emailgency-queuehold [-c POSTFIX-CONFIGURATION-DIRECTORY] <REQUEST\n", stderr);
        return EXIT_OF_USAGE;
    }
    alarm(LIFETIME_S);
    if (hold_request_read(read_line(buffer), &request))
        serve(has_config ? argv[2] : "", &request);
    else
        reply("failed", "no request, as in hold 4jXQd50Mx3z1dLst user@example.com");
    return 0;
}
