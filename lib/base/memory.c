// SPDX-License-Identifier: BSD-2-Clause
#include "base/memory.h"

#include "base/log.h"

#include <sysexits.h>
#include <unistd.h>

void memory_exhausted(void)
{
    log_error("out of memory: give the machine or the service more of it (MemoryMax= of its unit)");
    _exit(EX_OSERR);
}

void *memory_or_exit(void *memory)
{
    if (!memory)
        memory_exhausted();
    return memory;
}
