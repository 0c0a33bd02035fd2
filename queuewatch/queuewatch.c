// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queuewatch.h"

#include "base/log.h"
#include "directory/directory_age.h"
#include "queuewatch/list_builder.h"
#include "queuewatch/queue/queue_mount.h"
#include "queuewatch/queuewatch_conf.h"
#include "queuewatch/queuewatch_service.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS_MAX = 15000 }; // between two looks whether the rows have changed

static struct directory *directory;
static struct watcher *watcher;
static struct list_builder *builder;

bool queuewatch_start(struct event_base *base, struct problem *problem)
{
    if (geteuid() == 0 && !queue_mount_read_only(queuewatch_conf.queue_directory))
        log_warn(
            "the queue stays writable to this process, and its flush logs unread: no mount of its own: %s",
            strerror(errno));
    directory_age_register("emailgency_queuewatch_replica_age_seconds");
    cycle_register();
    cycle_metrics_register();
    list_builder_register();
    return queuewatch_service_start(base, &queuewatch_conf.listen, problem);
}

bool queuewatch_run(struct event_base *base, struct problem *problem)
{
    const int64_t interval_ms = queuewatch_conf.queue_interval * 1000;
    directory = directory_create(queuewatch_conf.directory);
    watcher = watcher_create(&(struct watcher_spec){.queue_directory = queuewatch_conf.queue_directory,
                                                    .postfix_config = queuewatch_conf.postfix_config,
                                                    .interval_ms = interval_ms,
                                                    .walk_interval_ms = queuewatch_conf.walk_interval * 1000,
                                                    .walk_rate = (size_t)queuewatch_conf.walk_rate,
                                                    .messages_max = (size_t)queuewatch_conf.messages_max},
                             problem);
    if (!watcher)
        return false;
    builder =
        list_builder_create(base, directory, watcher, interval_ms < LOOK_MS_MAX ? interval_ms : LOOK_MS_MAX);
    queuewatch_service_serve(base, watcher, interval_ms);
    return true;
}

void queuewatch_finish(void)
{
    queuewatch_service_finish();
    list_builder_destroy(builder);
    watcher_destroy(watcher);
    directory_destroy(directory);
}

void queuewatch_refresh(void)
{
    static struct cycle_metrics_top top[TALLY_TOP];
    directory_age_refresh(directory);
    const unsigned count = watcher_read_top(watcher, top);
    cycle_metrics_refresh(watcher_age_ms(watcher), top, count);
}
