// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

static struct {
    bool set;
    int64_t wall;
    int64_t mono_ms;
} still;

int64_t clock_wall(void)
{
    if (still.set)
        return still.wall;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); // as time(2): it does not read the processor's counter
    return now.tv_sec;
}

int64_t clock_mono_s(void)
{
    if (still.set)
        return still.mono_ms / 1000;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_mono_us(void)
{
    if (still.set)
        return still.mono_ms * 1000;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_set(int64_t wall, int64_t mono_ms)
{
    still.set = true;
    still.wall = wall;
    still.mono_ms = mono_ms;
}

void clock_reset(void)
{
    still.set = false;
}

void clock_day(int64_t wall, char out[CLOCK_DAY_MAX])
{
    struct tm day;
    time_t seconds = wall;
    if (!gmtime_r(&seconds, &day) || strftime(out, CLOCK_DAY_MAX, "%Y-%m-%d", &day) == 0)
        out[0] = '\0';
}
