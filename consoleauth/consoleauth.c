// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/consoleauth.h"

#include "base/counter.h"
#include "base/log.h"
#include "consoleauth/captcha_gate.h"
#include "consoleauth/consoleauth_conf.h"
#include "consoleauth/consoleauth_service.h"
#include "consoleauth/password_check.h"
#include "consoleauth/reset_task.h"
#include "consoleauth/totp_key.h"
#include "installation/common_passwords.h"

#include <stdlib.h>

enum {
    HASHES_MAX = 32, // log-ins that wait for one; the next is "busy"
    DRAIN_MS = 8000,
};

static struct pg *pg;
static struct hash_pool *pool;
static char *common;
static struct counter database_up = {.name = "emailgency_console_auth_database_up",
                                     .help = "1 while the database is connected.",
                                     .kind = COUNTER_GAUGE};

bool consoleauth_start(struct event_base *base, struct problem *problem)
{
    counter_register(&database_up);
    auth_task_register();
    password_check_register();
    captcha_gate_register();
    totp_key_register();
    reset_task_register();
    return consoleauth_service_start(base, &consoleauth_conf.listen, problem);
}

bool consoleauth_run(struct event_base *base, struct problem *problem)
{
    const struct pg_spec spec = pg_spec_of(&consoleauth_conf.database, "emailgency-console-auth");
    common = common_passwords_read(problem);
    if (!common || !totp_key_set(consoleauth_conf.totp_key.value, problem) ||
        !captcha_gate_set_key(consoleauth_conf.captcha_key.value, problem))
        return false;
    if (!*consoleauth_conf.captcha_key.value)
        log_warn("no CAPTCHA is asked for, so passwords can be guessed at leisure: set captcha_key_file");
    pool = hash_pool_create(base, (unsigned)consoleauth_conf.hash_workers, HASHES_MAX);
    if (!pool || !password_check_start())
        return problem_set(problem, "out of memory or threads");
    pg = pg_create(base, &spec);
    auth_task_start(
        &(struct auth_task_means){.base = base, .pg = pg, .pool = pool, .common = slice_from(common)});
    return true;
}

void consoleauth_stop(void)
{
    consoleauth_service_drain(DRAIN_MS, daemon_stopped);
}

void consoleauth_finish(void)
{
    consoleauth_service_finish();
    pg_destroy(pg);
    hash_pool_destroy(pool);
    auth_task_finish();
    totp_key_forget();
    free(common);
}

void consoleauth_refresh(void)
{
    counter_set(&database_up, pg && pg_ready(pg));
}
