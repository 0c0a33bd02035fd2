// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/node_check.h"

#define EXAMPLE "emailgency.example" // the default of service_domain (sql/migrations/0001_settings.sql)

static struct slice setting(const struct node_check *check, const char *name)
{
    struct slice value = SLICE("");
    if (directory_setting(check->rows, name, &value) != DIRECTORY_OK)
        return SLICE("");
    return value;
}

static void check_service_domain(const struct node_check *check)
{
    static const char *const name = "setting.service_domain";
    const struct slice value = setting(check, "service_domain");
    if (slice_equal_nocase(value, SLICE(EXAMPLE)))
        finding_sql(
            finding_add(check->findings, FINDING_WARNING, name, NULL,
                        "the alternate names of all domains are below a domain that is not yours",
                        "is the example " EXAMPLE),
            "update emailgency.setting set value = 'service.example.org' where name = 'service_domain'");
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is \"%.*s\"", (int)value.len, value.ptr);
}

static void check_filled(const struct node_check *check, const char *setting_name, const char *example,
                         const char *why)
{
    char name[64];
    const struct slice value = setting(check, setting_name);
    snprintf(name, sizeof name, "setting.%s", setting_name);
    if (value.len == 0)
        finding_sql(finding_add(check->findings, FINDING_WARNING, name, NULL, why, "is empty"),
                    "update emailgency.setting set value = '%s' where name = '%s'", example, setting_name);
    else
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is \"%.*s\"", (int)value.len, value.ptr);
}

// Both daemons add the setting mx_hosts.
static void check_mx_hosts(const struct node_check *check, const char *daemon, const char *why)
{
    char file[256], parameter[64];
    const struct slice conf = fact_text(check->facts, "conf.%s.file", daemon);
    const struct slice value = fact_text(check->facts, "conf.%s.mx_hosts", daemon),
                       host = postconf_value(check->facts, "myhostname");
    snprintf(parameter, sizeof parameter, "%s.conf/mx_hosts", daemon);
    if (!slice_copy(conf, file, sizeof file) || conf.len == 0 ||
        fact_text(check->facts, "conf.%s.problem", daemon).len > 0)
        return;
    if (value.len > 0 || (check->rows && setting(check, "mx_hosts").len > 0))
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "names our MX hosts");
    else
        finding_write(finding_add(check->findings, FINDING_WARNING, parameter, NULL, why, "is empty"), file,
                      "mx_hosts = \"%.*s\"", (int)host.len, host.ptr);
}

// The queue watch counts in Postfix's queue, and not in that of another instance.
static void check_queue(const struct node_check *check)
{
    static const char *const name = "queuewatch.conf/queue_directory";
    char file[256];
    const struct slice value = fact_text(check->facts, "conf.queuewatch.queue_directory"),
                       queue = postconf_value(check->facts, "queue_directory");
    if (value.len == 0 || !slice_copy(fact_text(check->facts, "conf.queuewatch.file"), file, sizeof file))
        return;
    if (slice_equal(value, queue))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is Postfix's");
    else
        finding_write(finding_add(check->findings, FINDING_WARNING, name, NULL,
                                  "the mail that waits in Postfix's queue is not counted",
                                  "is not the queue_directory of Postfix"),
                      file, "queue_directory = \"%.*s\"", (int)queue.len, queue.ptr);
}

void node_settings(const struct node_check *check)
{
    check_mx_hosts(
        check, "transportmap",
        "a transport that leads to this service loops, and mail to its postmaster is not the operator's");
    check_mx_hosts(check, "notifier", "mail of a domain whose best MX is this service loops and bounces");
    check_queue(check);
    if (!check->rows) {
        finding_add(check->findings, FINDING_OK, "setting", NULL, NULL,
                    "is not looked at: there is no replica");
        return;
    }
    check_service_domain(check);
    check_filled(check, "postmaster", "admin@example.org",
                 "Postfix accepts mail for postmaster from anybody; it is not read, or it bounces");
    check_filled(check, "outgoing_networks", "192.0.2.25 2001:db8::/64",
                 "the SPF records of customers cannot be checked for the hosts that send their mail");
}
