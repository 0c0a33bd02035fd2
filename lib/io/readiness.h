// SPDX-License-Identifier: BSD-2-Clause
// Notifies systemd, where it runs, of the daemon's state (sd_notify(3)); does nothing elsewhere.
#ifndef IO_READINESS_H
#define IO_READINESS_H

void readiness_ready(void);
void readiness_reloading(void);
void readiness_stopping(void);

#endif
