// SPDX-License-Identifier: BSD-2-Clause
#include "console/console.h"

#include "base/fault.h"
#include "base/hex.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "console/action_flow.h"
#include "console/console_conf.h"
#include "console/console_metrics.h"
#include "console/console_services.h"
#include "console/dispatch.h"
#include "console/mua_sign.h"
#include "console/page_text.h"
#include "console/pool/call_outcome.h"
#include "console/preview/preview_report.h"
#include "console/visit.h"
#include "installation/installation.h"
#include "web/web_key.h"

#include <openssl/rand.h>
#include <string.h>

struct console_services console_services;

static char random_secret[2 * WEB_KEY_SIZE + 1];

static struct fault faults[CONSOLE_FAULTS] = {
    [FAULT_TEMPLATE] = {.name = "template",
                        .text = "a page cannot be rendered, and is shown as faulty",
                        .advice = "compare the folder `templates` with this release's",
                        .by_subject = true},
    [FAULT_MEMORY] = {.name = "memory",
                      .text = "out of memory: a request was refused",
                      .advice = "raise MemoryMax= of the unit, or lower `clients`"},
    [FAULT_ACCEPT] = {.name = "accept",
                      .text = "cannot accept a connection of nginx, which waits",
                      .advice = "raise LimitNOFILE= of the unit, or lower `clients`"},
};

void console_fault_report(enum console_fault fault, const char *subject)
{
    (void)fault_report(&faults[fault], subject);
}

static void on_accept_error(const char *why)
{
    console_fault_report(FAULT_ACCEPT, why);
}

static bool open_secret(struct problem *problem)
{
    unsigned char bytes[WEB_KEY_SIZE];
    struct problem why;
    const char *option = console_conf_short_secret(&why);
    if (option)
        return problem_set(problem, "%s: %s", option, why.text);
    console_services.secret = console_conf.secret.value;
    console_services.old_secret = console_conf.old_secret.value;
    if (*console_conf.secret.path)
        return true;
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return problem_set(problem, "OpenSSL has no random bytes");
    hex_write(bytes, sizeof bytes, random_secret);
    console_services.secret = random_secret;
    log_info("there is no secret_file: forms that are open when this process ends are to be opened again");
    return true;
}

static const char *installed(const char *configured, const char *name, char path[INSTALLATION_PATH_MAX])
{
    struct problem why;
    if (*configured)
        return configured;
    if (!installation_find(INSTALLATION_DATA, name, path, &why))
        log_warn("a folder of this installation is missing: %s", why.text);
    return path;
}

static bool open_pages(struct problem *problem)
{
    char path[INSTALLATION_PATH_MAX];
    const char *locale = installed(console_conf.locale_folder, "locale", path);
    page_text_open(locale);
    preview_report_open(locale);
    console_services.templates =
        template_set_create(installed(console_conf.templates, "emailgency/console/templates", path), problem);
    return console_services.templates != NULL;
}

bool console_start(struct event_base *base, struct problem *problem)
{
    const struct web_server_spec spec = {.address = console_conf.listen.address,
                                         .group = console_conf.listen.group,
                                         .mode = option_mode(console_conf.listen.mode),
                                         .owner = daemon_owner(),
                                         .connections_max = (unsigned)console_conf.clients,
                                         .on_request = dispatch_request,
                                         .on_accept_error = on_accept_error};
    console_services.base = base;
    fault_register(faults, CONSOLE_FAULTS, "emailgency_console_errors_total");
    call_outcome_register();
    console_metrics_register();
    if (!open_secret(problem) || !open_pages(problem))
        return false;
    console_services.server = web_server_create(base, &spec, problem);
    return console_services.server != NULL;
}

bool console_run(struct event_base *base, struct problem *problem)
{
    struct pg_spec database = pg_spec_of(&console_conf.database, "emailgency-console");
    if (!mua_sign_open(console_conf.profile_certificate_file, console_conf.profile_key_file, problem))
        return false;
    console_services.pool =
        call_pool_create(base, &(struct call_pool_spec){.database = &database,
                                                        .connections = (unsigned)console_conf.connections,
                                                        .on_node = action_flow_node_reported});
    console_services.auth = auth_client_create(base, console_conf.auth_socket);
    return true;
}

void console_reload(void)
{
    struct problem problem;
    if (!mua_sign_open(console_conf.profile_certificate_file, console_conf.profile_key_file, &problem))
        log_warn("profiles are signed as before: %s", problem.text);
}

void console_stop(void)
{
    web_server_drain(console_services.server, daemon_stopped);
}

void console_finish(void)
{
    // Each ends requests.
    action_flow_end();
    auth_client_destroy(console_services.auth);
    call_pool_destroy(console_services.pool);
    web_server_destroy(console_services.server);
    mua_sign_close();
    template_set_destroy(console_services.templates);
}

void console_refresh(void)
{
    console_metrics_refresh(console_services.pool ? call_pool_waiting(console_services.pool) : 0,
                            console_services.pool ? call_pool_ready(console_services.pool) : 0);
}
