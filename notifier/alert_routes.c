// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/alert_routes.h"

#include "notifier/notifier_conf.h"
#include "notifier/sms/sms_check.h"
#include "notifier/webhook/webhook_sign.h"
#include "transfer/transfer_url.h"

#include <stdio.h>
#include <string.h>

enum { CONNECT_MS = 5000 };

static struct transfer_pool *transfers;
static struct pg *gammu;
static struct sms_sender *sms;
static struct webhook_sender_spec webhook;

// The sender of alerts: a name without a domain is one of this node.
static const char *alert_sender(void)
{
    static char sender[600];
    const char *name = notifier_conf.alert_sender;
    if (strchr(name, '@'))
        return name;
    snprintf(sender, sizeof sender, "%s@%s", name, daemon_node_name(notifier_conf.node));
    return sender;
}

static struct sms_gateway gateway_of(const struct sms_conf *conf)
{
    return (struct sms_gateway){.url = conf->url,
                                .method = conf->method,
                                .headers = conf->headers,
                                .body = conf->body,
                                .content = conf->content,
                                .auth = conf->auth,
                                .user = conf->user,
                                .secret = conf->secret.value,
                                .token = conf->token.value,
                                .signed_text = conf->signed_text,
                                .success_status = conf->success_status,
                                .success_path = conf->success_path,
                                .id_path = conf->id_path};
}

static bool check_gateway(const struct sms_gateway *gateway, const char *which, struct problem *problem)
{
    struct problem found;
    if (!*gateway->url || (transfer_check_http(gateway->url, notifier_conf.plain_hosts, &found) &&
                           sms_gateway_check(gateway, &found)))
        return true;
    return problem_set(problem, "the %s SMS gateway: %s", which, found.text);
}

static bool open_gammu(struct event_base *base)
{
    if (!*notifier_conf.sms_gammu_database)
        return true;
    const struct pg_spec spec = {.conninfo = notifier_conf.sms_gammu_database,
                                 .password = notifier_conf.sms_gammu_password.value,
                                 .name = "emailgency-notifier-sms",
                                 .timeout_ms = notifier_conf.database.timeout_ms};
    gammu = pg_create(base, &spec);
    return gammu != NULL;
}

static bool check_webhook_key(const char *option, const char *key, struct problem *problem)
{
    return !*key || strlen(key) >= WEBHOOK_SECRET_MIN ||
           problem_set(problem, "%s has a key of less than %d characters: openssl rand -hex 32 makes one",
                       option, WEBHOOK_SECRET_MIN);
}

static void set_webhook(struct event_base *base, struct resolver *resolver)
{
    webhook = (struct webhook_sender_spec){.base = base,
                                           .transfers = transfers,
                                           .resolver = resolver,
                                           .secret = notifier_conf.webhook_key.value,
                                           .old_secret = notifier_conf.webhook_old_key.value,
                                           .networks = notifier_conf.webhook_networks};
}

bool alert_routes_open(struct event_base *base, struct resolver *resolver, struct problem *problem)
{
    struct sms_sender_spec spec = {
        .gateways = {gateway_of(&notifier_conf.sms), gateway_of(&notifier_conf.second_sms)}};
    if (!check_gateway(&spec.gateways[0], "first", problem) ||
        !check_gateway(&spec.gateways[1], "second", problem) ||
        !check_webhook_key("webhook_key_file", notifier_conf.webhook_key.value, problem) ||
        !check_webhook_key("webhook_old_key_file", notifier_conf.webhook_old_key.value, problem))
        return false;
    transfers =
        transfer_pool_create(base, &(struct transfer_pool_spec){.ca_file = notifier_conf.ca_file,
                                                                .plain_hosts = notifier_conf.plain_hosts,
                                                                .connect_ms = CONNECT_MS});
    if (!transfers || !open_gammu(base))
        return problem_set(problem, "out of memory");
    set_webhook(base, resolver);
    spec.transfers = transfers;
    spec.gammu = gammu;
    sms = sms_sender_create(base, &spec);
    return sms || problem_set(problem, "out of memory");
}

void alert_routes_close(void)
{
    // First, since it calls those whose statements wait.
    pg_destroy(gammu);
    sms_sender_destroy(sms);
    transfer_pool_destroy(transfers);
}

struct mail_sender_spec alert_routes_mail(void)
{
    return (struct mail_sender_spec){.sendmail = notifier_conf.sendmail,
                                     .sender = alert_sender(),
                                     .transfers = transfers,
                                     .smarthost = notifier_conf.second_smarthost,
                                     .user = notifier_conf.second_smarthost_user,
                                     .password = notifier_conf.second_smarthost_password.value};
}

struct sms_sender *alert_routes_sms(void)
{
    return sms;
}

const struct webhook_sender_spec *alert_routes_webhook(void)
{
    return *webhook.secret ? &webhook : NULL;
}

struct transfer_pool *alert_routes_transfers(void)
{
    return transfers;
}
