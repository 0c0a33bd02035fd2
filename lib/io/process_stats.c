// SPDX-License-Identifier: BSD-2-Clause
#include "io/process_stats.h"

#include "base/counter.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static struct counter start_time = {.name = "process_start_time_seconds",
                                    .help = "Start time of the process since unix epoch in seconds.",
                                    .kind = COUNTER_GAUGE};
static struct counter cpu = {.name = "process_cpu_seconds_total",
                             .help = "Total user and system CPU time spent in seconds."};
static struct counter resident = {
    .name = "process_resident_memory_bytes", .help = "Resident memory size in bytes.", .kind = COUNTER_GAUGE};
static struct counter virtual = {
    .name = "process_virtual_memory_bytes", .help = "Virtual memory size in bytes.", .kind = COUNTER_GAUGE};
static struct counter open_files = {
    .name = "process_open_fds", .help = "Number of open file descriptors.", .kind = COUNTER_GAUGE};
static struct counter max_files = {
    .name = "process_max_fds", .help = "Maximum number of open file descriptors.", .kind = COUNTER_GAUGE};

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    return clock_gettime(clock, &now) == 0 ? (double)now.tv_sec + (double)now.tv_nsec / 1e9 : 0;
}

// proc(5), field 22 of stat: clock ticks from the boot to the start. The boot's own time is in /proc/stat,
// which a unit with ProcSubset=pid does not show.
static bool read_start(double *since_boot)
{
    char text[1024];
    unsigned long long ticks;
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *rest = strrchr(text, ')'); // the name before it may hold blanks
    if (!rest ||
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ticks) != 1)
        return false;
    *since_boot = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static void read_memory(void)
{
    unsigned long long pages, pages_resident;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fscanf(file, "%llu %llu", &pages, &pages_resident) == 2) {
        const double size = (double)sysconf(_SC_PAGESIZE);
        counter_set(&virtual, (double)pages * size);
        counter_set(&resident, (double)pages_resident * size);
    }
    fclose(file);
}

static void read_files(void)
{
    struct rlimit limit;
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
            count += entry->d_name[0] != '.';
        closedir(folder);
        counter_set(&open_files, (double)count - 1); // but the folder's own
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        counter_set(&max_files, (double)limit.rlim_cur);
}

void process_stats_register(void)
{
    double since_boot;
    if (read_start(&since_boot))
        counter_set(&start_time, seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + since_boot);
    counter_register(&start_time);
    counter_register(&cpu);
    counter_register(&resident);
    counter_register(&virtual);
    counter_register(&open_files);
    counter_register(&max_files);
}

void process_stats_refresh(void)
{
    counter_set(&cpu, seconds_of(CLOCK_PROCESS_CPUTIME_ID));
    read_memory();
    read_files();
}
