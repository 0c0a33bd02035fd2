// SPDX-License-Identifier: BSD-2-Clause
// The two clocks. Code takes its time from here, so that a test can set it.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

// Seconds since 1970 (UTC). It may jump: use it for timestamps, never to measure a wait.
int64_t clock_wall(void);

// Milliseconds on a clock that never jumps. For deadlines and ages within this process.
int64_t clock_mono_ms(void);

// Seconds on the same clock, at a fifth of the cost; up to 10 ms late.
int64_t clock_mono_s(void);

// Microseconds on the same clock; for measuring.
int64_t clock_mono_us(void);

// Tests: from now on the clocks stop at these values until the next call. clock_mono_us is mono_ms *
// 1000.
void clock_set(int64_t wall, int64_t mono_ms);

// Tests: back to the real clocks.
void clock_reset(void);

// The day (UTC) of `wall` as "YYYY-MM-DD".
#define CLOCK_DAY_MAX 16
void clock_day(int64_t wall, char out[CLOCK_DAY_MAX]);

#endif
