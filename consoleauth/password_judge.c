// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/password_judge.h"

#include "password/password_rule.h"

#include <stdio.h>
#include <stdlib.h>

enum { MIN_LENGTH, MIN_CLASSES, NAMES };

// As a sentence.
static void refuse_weak(struct auth_task *task, const char *fault)
{
    char text[PASSWORD_FAULT_MAX + 2];
    snprintf(text, sizeof text, "%c%s.", *fault >= 'a' && *fault <= 'z' ? *fault - 'a' + 'A' : *fault,
             fault + 1);
    auth_task_refuse(task, AUTH_WEAK, text);
}

bool password_judge(struct auth_task *task, const PGresult *rows, int first, const char *login,
                    struct slice password)
{
    char fault[PASSWORD_FAULT_MAX];
    const struct password_rule rule = {.min_length = (unsigned)atoi(PQgetvalue(rows, 0, first + MIN_LENGTH)),
                                       .min_classes =
                                           (unsigned)atoi(PQgetvalue(rows, 0, first + MIN_CLASSES)),
                                       .address = slice_from(login),
                                       .names = slice_from(PQgetvalue(rows, 0, first + NAMES)),
                                       .common = auth_task_means()->common};
    if (password_rule_check(&rule, password, fault))
        return true;
    refuse_weak(task, fault);
    return false;
}
