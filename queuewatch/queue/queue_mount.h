// SPDX-License-Identifier: BSD-2-Clause
#ifndef QUEUEWATCH_QUEUE_QUEUE_MOUNT_H
#define QUEUEWATCH_QUEUE_QUEUE_MOUNT_H

#include <stdbool.h>

// For a process that root starts without systemd: from now on it sees the folder on a read-only mount of its
// own, as ProtectSystem=strict makes it. So it cannot write there, and a look leaves access times as they are
// (queue/flush_reader.h). Before threads are started. Returns false, with the reason in errno, if the system
// does not permit it.
bool queue_mount_read_only(const char *folder) __attribute__((warn_unused_result));

#endif
