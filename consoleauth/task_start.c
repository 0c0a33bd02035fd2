// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/task_start.h"

#include "consoleauth/captcha_gate.h"
#include "consoleauth/factor_task.h"
#include "consoleauth/login_task.h"
#include "consoleauth/own_password_task.h"
#include "consoleauth/reset_task.h"
#include "consoleauth/second_task.h"
#include "consoleauth/session_task.h"

static void (*const starts[AUTH_VERBS])(struct auth_task *task) = {
    [AUTH_LOGIN] = login_task_login,
    [AUTH_SECOND] = second_task_second,
    [AUTH_CHALLENGE] = captcha_gate_challenge,
    [AUTH_PROVE] = captcha_gate_prove,
    [AUTH_FORGOT] = reset_task_forgot,
    [AUTH_TOKEN] = reset_task_token,
    [AUTH_SET_PASSWORD] = reset_task_set_password,
    [AUTH_PASSWORD] = own_password_task_change,
    [AUTH_CONFIRM] = session_task_only_confirm,
    [AUTH_TOTP_BEGIN] = factor_task_begin,
    [AUTH_TOTP_ENABLE] = factor_task_enable,
    [AUTH_TOTP_DISABLE] = factor_task_disable,
    [AUTH_RECOVERY] = factor_task_recovery,
    [AUTH_CODE] = session_task_code,
};

void task_start(struct auth_task *task)
{
    starts[task->request.verb](task);
}
