// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap.h"

#include "daemon/daemon.h"
#include "directory/directory_age.h"
#include "transportmap/lookup_fault.h"
#include "transportmap/transportmap_conf.h"
#include "transportmap/transportmap_service.h"

static struct directory *directory;
static struct route_rules rules;

static void follow_conf(void)
{
    rules = (struct route_rules){.lmtp_destination = transportmap_conf.lmtp_destination,
                                 .round_trip_destination = transportmap_conf.round_trip_destination,
                                 .ipv4 = transportmap_uses("ipv4"),
                                 .ipv6 = transportmap_uses("ipv6"),
                                 .own_hosts = transportmap_conf.mx_hosts};
}

// Bind before privileges are dropped: the queue directory is writable by root and postfix only.
bool transportmap_start(struct event_base *base, struct problem *problem)
{
    follow_conf();
    return transportmap_service_start(
        base, &(struct transportmap_service_spec){.listening = &transportmap_conf.listen, .rules = &rules},
        problem);
}

// Looks for the replica now, while there are descriptors to open it with: clients may take them all.
static void look_for_rows(void)
{
    const struct directory_snapshot *rows;
    if (directory_begin(directory, &rows) == DIRECTORY_OK)
        directory_end(directory);
    else
        lookup_fault_no_directory(directory_problem(directory));
}

bool transportmap_run(struct event_base *base, struct problem *problem)
{
    (void)base;
    directory = directory_create(transportmap_conf.directory);
    if (!directory)
        return problem_set(problem, "out of memory");
    look_for_rows();
    directory_age_register("emailgency_transportmap_replica_age_seconds");
    transportmap_service_serve(directory);
    return true;
}

void transportmap_reload(void)
{
    follow_conf();
}

void transportmap_finish(void)
{
    transportmap_service_finish();
    directory_destroy(directory);
}

void transportmap_refresh(void)
{
    directory_age_refresh(directory);
}
