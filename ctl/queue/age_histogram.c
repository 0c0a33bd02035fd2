// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue/age_histogram.h"

#include <inttypes.h>

enum { WIDTH = 50, UNKNOWN = AGE_BUCKETS - 1 };

#define MINUTE INT64_C(60)
#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

// Postfix gives a message up after maximal_queue_lifetime, 5 days as it comes; here mostly 30.
static const struct {
    int64_t below;
    const char *name;
} buckets[AGE_BUCKETS] = {
    {5 * MINUTE, "under 5 min"}, {15 * MINUTE, "5 to 15 min"},
    {HOUR, "15 to 60 min"},      {4 * HOUR, "1 to 4 h"},
    {12 * HOUR, "4 to 12 h"},    {DAY, "12 to 24 h"},
    {3 * DAY, "1 to 3 d"},       {7 * DAY, "3 to 7 d"},
    {INT64_MAX, "over 7 d"},     {0, "unknown"},
};

const char *age_histogram_name(unsigned bucket)
{
    return buckets[bucket].name;
}

void age_histogram_add(struct age_histogram *histogram, int64_t arrival, int64_t now)
{
    unsigned bucket = arrival ? 0 : UNKNOWN;
    while (bucket < UNKNOWN && now - arrival >= buckets[bucket].below)
        bucket++;
    histogram->counts[bucket]++;
}

// A mark each, or as many as fit into the width; what is not empty has one at least.
static void print_bar(uint64_t count, uint64_t most, FILE *out)
{
    uint64_t marks = most > WIDTH ? count * WIDTH / most : count;
    if (count && !marks)
        marks = 1;
    for (uint64_t i = 0; i < marks; i++)
        fputc('#', out);
    fputc('\n', out);
}

void age_histogram_print(const struct age_histogram *histogram, FILE *out)
{
    unsigned first = AGE_BUCKETS, last = 0;
    uint64_t most = 1;
    for (unsigned i = 0; i < AGE_BUCKETS; i++)
        if (histogram->counts[i]) {
            first = i < first ? i : first;
            last = i < UNKNOWN ? i : last;
            most = histogram->counts[i] > most ? histogram->counts[i] : most;
        }
    for (unsigned i = first; i < AGE_BUCKETS; i++) {
        if (i > last && !histogram->counts[i])
            continue;
        fprintf(out, "%12s %8" PRIu64 "  ", buckets[i].name, histogram->counts[i]);
        print_bar(histogram->counts[i], most, out);
    }
}

void age_text(int64_t arrival, int64_t now, char out[AGE_TEXT_MAX])
{
    const int64_t age = now > arrival ? now - arrival : 0;
    if (!arrival)
        snprintf(out, AGE_TEXT_MAX, "-");
    else if (age < 2 * MINUTE)
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " s", age);
    else if (age < 2 * HOUR)
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " min", age / MINUTE);
    else if (age < 2 * DAY)
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " h", age / HOUR);
    else
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " d", age / DAY);
}
