// SPDX-License-Identifier: BSD-2-Clause
#include "base/counter.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define FIRST_BOUND_US 10
#define INTEGERS_EXACT 9007199254740992.0 // 2^53: up to here a double holds each integer

static struct counter *counters;
static struct histogram *histograms;

// The place for a counter: after the last of its name, else at the end; NULL: it is there already.
static struct counter **place_for(const struct counter *counter)
{
    struct counter **place = NULL, **link = &counters;
    for (; *link; link = &(*link)->next) {
        if (*link == counter)
            return NULL;
        if (strcmp((*link)->name, counter->name) == 0)
            place = &(*link)->next;
    }
    return place ? place : link;
}

void counter_register(struct counter *counter)
{
    struct counter **place = place_for(counter);
    if (!place)
        return;
    counter->next = *place;
    *place = counter;
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

void counter_family_register(const struct counter_family *family)
{
    for (unsigned value = 0; value < family->count; value++) {
        struct counter *counter = &family->counters[value];
        struct counter_label *label = counter->labels;
        counter->name = family->name;
        counter->help = family->help;
        if (family->shared.name)
            *label++ = family->shared;
        *label = (struct counter_label){family->label, family->word(value)};
        counter_register(counter);
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

// A backslash and a line feed are escaped everywhere, a quote in a label's value only.
static void print_escaped(FILE *out, const char *text, bool is_label)
{
    for (const char *c = text ? text : ""; *c; c++)
        if (*c == '\n')
            fputs("\\n", out);
        else if (*c == '\\' || (is_label && *c == '"'))
            fprintf(out, "\\%c", *c);
        else
            fputc(*c, out);
}

static void print_head(FILE *out, const char *name, const char *help, const char *type)
{
    fprintf(out, "# HELP %s ", name);
    print_escaped(out, help, false);
    fprintf(out, "\n# TYPE %s %s\n", name, type);
}

static void print_labels(FILE *out, const struct counter_label labels[COUNTER_LABELS])
{
    for (int i = 0; i < COUNTER_LABELS && labels[i].name; i++) {
        fprintf(out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
        print_escaped(out, labels[i].value, true);
        fputc('"', out);
    }
    if (labels[0].name)
        fputc('}', out);
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
        print_labels(out, counter->labels);
        fputc(' ', out);
        print_value(out, atomic_load_explicit(&counter->value, memory_order_relaxed));
    }
    for (const struct histogram *histogram = histograms; histogram; histogram = histogram->next)
        print_histogram(out, histogram);
}
