// SPDX-License-Identifier: BSD-2-Clause
#include "base/counter.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define FIRST_BOUND_US 10
#define INTEGERS_EXACT 9007199254740992.0 // 2^53: up to here a double holds each integer

static struct counter *counters;
static struct histogram *histograms;

void counter_register(struct counter *counter)
{
    struct counter **link = &counters;
    for (; *link; link = &(*link)->next)
        if (*link == counter)
            return;
    counter->next = NULL;
    *link = counter;
}

void counter_unregister(struct counter *counter)
{
    for (struct counter **link = &counters; *link; link = &(*link)->next)
        if (*link == counter) {
            *link = counter->next;
            counter->next = NULL;
            return;
        }
}

void histogram_register(struct histogram *histogram)
{
    struct histogram **link = &histograms;
    for (; *link; link = &(*link)->next)
        if (*link == histogram)
            return;
    histogram->next = NULL;
    *link = histogram;
}

void histogram_observe_us(struct histogram *histogram, int64_t microseconds)
{
    int64_t bound = FIRST_BOUND_US;
    size_t bucket = 0;
    for (; bucket < HISTOGRAM_BUCKETS && microseconds > bound; bucket++)
        bound *= 2;
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum += (double)microseconds / 1e6;
}

// In a HELP text a backslash and a line feed are escaped, and nothing else.
static void print_head(FILE *out, const char *name, const char *help, const char *type)
{
    fprintf(out, "# HELP %s ", name);
    for (const char *c = help ? help : ""; *c; c++)
        if (*c == '\n')
            fputs("\\n", out);
        else if (*c == '\\')
            fputs("\\\\", out);
        else
            fputc(*c, out);
    fprintf(out, "\n# TYPE %s %s\n", name, type);
}

static void print_value(FILE *out, double value)
{
    if (isnan(value))
        fputs("NaN\n", out);
    else if (isinf(value))
        fputs(value > 0 ? "+Inf\n" : "-Inf\n", out);
    else if (fabs(value) <= INTEGERS_EXACT && (double)(int64_t)value == value)
        fprintf(out, "%" PRId64 "\n", (int64_t)value);
    else
        fprintf(out, "%.15g\n", value);
}

static void print_histogram(FILE *out, const struct histogram *histogram)
{
    const char *name = histogram->name;
    print_head(out, name, histogram->help, "histogram");
    uint64_t below = 0;
    int64_t bound = FIRST_BOUND_US;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++, bound *= 2) {
        below += histogram->buckets[i];
        fprintf(out, "%s_bucket{le=\"%.15g\"} %" PRIu64 "\n", name, (double)bound / 1e6, below);
    }
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->count);
    fprintf(out, "%s_sum ", name);
    print_value(out, histogram->sum);
    fprintf(out, "%s_count %" PRIu64 "\n", name, histogram->count);
}

void counter_print(FILE *out)
{
    const char *last = "";
    for (const struct counter *counter = counters; counter; counter = counter->next) {
        if (strcmp(counter->name, last) != 0)
            print_head(out, counter->name, counter->help,
                       counter->kind == COUNTER_GAUGE ? "gauge" : "counter");
        last = counter->name;
        fputs(counter->name, out);
        if (counter->labels && counter->labels[0])
            fprintf(out, "{%s}", counter->labels);
        fputc(' ', out);
        print_value(out, counter->value);
    }
    for (const struct histogram *histogram = histograms; histogram; histogram = histogram->next)
        print_histogram(out, histogram);
}
