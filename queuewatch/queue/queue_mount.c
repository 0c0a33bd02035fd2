// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/queue_mount.h"

#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

bool queue_mount_read_only(const char *folder)
{
    const unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
           mount(folder, folder, NULL, MS_BIND, NULL) == 0 && mount(NULL, folder, NULL, flags, NULL) == 0;
}
