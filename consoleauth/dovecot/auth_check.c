// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/dovecot/auth_check.h"

#include "io/unix_question.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct auth_check {
    struct unix_question *question;
    void (*on_answer)(enum auth_dialogue_rc answer, const char *problem, void *arg);
    void *arg;
};

static bool parse(struct slice bytes, struct slice *reply, const char **problem)
{
    const enum auth_dialogue_rc rc = auth_dialogue_read(bytes);
    if (rc == AUTH_DIALOGUE_BROKEN)
        *problem = "it does not speak Dovecot's authentication protocol, version 1";
    else if (rc == AUTH_DIALOGUE_FAILED)
        *problem = "it has a temporary failure";
    *reply = rc == AUTH_DIALOGUE_RIGHT ? SLICE("right") : SLICE("wrong");
    return rc != AUTH_DIALOGUE_MORE;
}

static void on_reply(struct slice reply, const char *problem, void *arg)
{
    struct auth_check *check = arg;
    const struct auth_check ended = *check;
    enum auth_dialogue_rc answer = AUTH_DIALOGUE_FAILED;
    if (!problem)
        answer = slice_equal(reply, SLICE("right")) ? AUTH_DIALOGUE_RIGHT : AUTH_DIALOGUE_WRONG;
    free(check);
    ended.on_answer(answer, problem, ended.arg);
}

// Clients give their process ids, which are below 2^22; each connection needs one of its own.
static bool choose_id(unsigned *out)
{
    if (getrandom(out, sizeof *out, 0) != (ssize_t)sizeof *out)
        return false;
    *out = (*out & 0x3fffffff) | 0x40000000;
    return true;
}

struct auth_check *auth_check_start(struct event_base *base, const struct auth_check_spec *spec)
{
    char lines[AUTH_DIALOGUE_MAX];
    struct auth_dialogue_request request = {
        .login = spec->login, .password = spec->password, .from = spec->from};
    struct auth_check *check = calloc(1, sizeof *check);
    const size_t len = check && choose_id(&request.client_id) ? auth_dialogue_write(&request, lines) : 0;
    if (len) {
        check->on_answer = spec->on_answer;
        check->arg = spec->arg;
        check->question =
            unix_question_ask(base, &(struct unix_question_spec){.path = spec->path,
                                                                 .question = slice_make(lines, len),
                                                                 .seconds = spec->seconds,
                                                                 .parse = parse,
                                                                 .on_reply = on_reply,
                                                                 .arg = check});
    }
    explicit_bzero(lines, sizeof lines);
    if (check && check->question)
        return check;
    free(check);
    return NULL;
}

void auth_check_cancel(struct auth_check *check)
{
    if (!check)
        return;
    unix_question_cancel(check->question);
    free(check);
}
