// SPDX-License-Identifier: BSD-2-Clause
#include "io/readiness.h"

#include "base/clock.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

void readiness_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void readiness_reloading(void)
{
    // Type=notify-reload wants the moment, so that it can tell this reload from the last one.
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_us());
}

void readiness_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}
