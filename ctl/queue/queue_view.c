// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue/queue_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool add_domain(struct queue_view *view, const struct queue_domain *domain)
{
    if ((view->count & (view->count - 1)) == 0) {
        const size_t size = view->count ? view->count * 2 : 1;
        struct queue_view_domain *longer = realloc(view->domains, size * sizeof *longer);
        if (!longer)
            return false;
        view->domains = longer;
    }
    view->domains[view->count++] = (struct queue_view_domain){
        .name = domain->name, .messages = domain->messages, .late = domain->late, .oldest = domain->oldest};
    age_histogram_add(&view->ages, domain->oldest, view->now);
    return true;
}

static int by_weight(const void *a, const void *b)
{
    const struct queue_view_domain *left = a, *right = b;
    if (left->late != right->late)
        return left->late > right->late ? -1 : 1;
    if (left->messages != right->messages)
        return left->messages > right->messages ? -1 : 1;
    return slice_compare(left->name, right->name);
}

static bool is_error(const struct queue_line *line, struct problem *problem)
{
    if (line->kind == QUEUE_LINE_ERROR)
        problem_set(problem, "emailgency-queuewatch has no answer: %.*s", (int)line->error.len,
                    line->error.ptr);
    return line->kind == QUEUE_LINE_ERROR;
}

bool queue_view_read(struct slice lines, int64_t now, struct queue_view *out, struct problem *problem)
{
    struct queue_line line;
    enum queue_line_rc rc;
    *out = (struct queue_view){.now = now};
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (is_error(&line, problem))
            return false;
        if (line.kind == QUEUE_LINE_CYCLE)
            out->cycle = line.cycle;
        else if (line.kind == QUEUE_LINE_QUEUE)
            out->sizes[line.queue.name] = line.queue.messages;
        else if (line.kind == QUEUE_LINE_DOMAIN && !add_domain(out, &line.domain))
            return problem_set(problem, "out of memory");
    }
    if (rc == QUEUE_LINE_BAD)
        return problem_set(problem, "the reply of emailgency-queuewatch cannot be read");
    if (out->count > 0)
        qsort(out->domains, out->count, sizeof *out->domains, by_weight);
    return true;
}

void queue_view_finish(struct queue_view *view)
{
    free(view->domains);
    view->domains = NULL;
}

bool queue_view_read_messages(struct slice lines, struct queue_view *view, struct problem *problem)
{
    struct queue_line line;
    enum queue_line_rc rc;
    view->ages = (struct age_histogram){.counts = {0}};
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (is_error(&line, problem))
            return false;
        if (line.kind != QUEUE_LINE_MESSAGE)
            continue;
        age_histogram_add(&view->ages, line.message.arrival, view->now);
        view->listed_sizes[line.message.queue]++;
        view->listed++;
    }
    return rc == QUEUE_LINE_END || problem_set(problem, "the reply of emailgency-queuewatch cannot be read");
}

struct queue_view_domain queue_view_find(const struct queue_view *view, struct slice name)
{
    for (size_t i = 0; i < view->count; i++)
        if (slice_equal(view->domains[i].name, name))
            return view->domains[i];
    return (struct queue_view_domain){.name = name};
}

// Names come from rows, which have no other bytes; another program at the socket may send some.
static void print_name(struct slice name, int width, FILE *out)
{
    for (size_t i = 0; i < name.len; i++)
        fputc(name.ptr[i] > ' ' && name.ptr[i] <= '~' ? name.ptr[i] : '?', out);
    fprintf(out, "%*s", (int)name.len < width ? width - (int)name.len : 0, "");
}

static int name_width(const struct queue_view *view, size_t max)
{
    size_t width = strlen("domain");
    for (size_t i = 0; i < max; i++)
        width = view->domains[i].name.len > width ? view->domains[i].name.len : width;
    return width > 60 ? 60 : (int)width;
}

static void print_head(const struct queue_view *view, FILE *out)
{
    char age[AGE_TEXT_MAX];
    age_text(view->cycle.at, view->now, age);
    fputs("queue of this node: ", out);
    for (unsigned i = 0; i < QUEUE_NAMES; i++)
        fprintf(out, "%s%" PRIu64 " %s", i ? ", " : "", view->sizes[i], queue_name_word(i));
    fprintf(out, "; counted %s ago%s\n", age, view->cycle.complete ? "" : ", not completely");
    if (view->cycle.unknown)
        fprintf(out, "%" PRIu64 " messages whose domains are not known yet\n", view->cycle.unknown);
}

bool queue_view_print(const struct queue_view *view, size_t max, FILE *out)
{
    const size_t shown = max && max < view->count ? max : view->count;
    const int width = name_width(view, shown);
    print_head(view, out);
    if (view->count == 0)
        fputs("\nno mail of a domain waits\n", out);
    else
        fprintf(out, "\n%-*s  %8s  %8s  %8s\n", width, "domain", "messages", "late", "oldest");
    for (size_t i = 0; i < shown; i++) {
        const struct queue_view_domain *domain = &view->domains[i];
        char age[AGE_TEXT_MAX];
        age_text(domain->oldest, view->now, age);
        print_name(domain->name, width, out);
        fprintf(out, "  %8" PRIu64 "  %8" PRIu64 "  %8s\n", domain->messages, domain->late, age);
    }
    if (shown < view->count)
        fprintf(out, "and %zu more domains; --all prints them\n", view->count - shown);
    if (view->count > 0)
        fputs("\ndomains by the age of their oldest message\n", out);
    age_histogram_print(&view->ages, out);
    return fflush(out) == 0 && !ferror(out);
}

bool queue_view_print_domain(const struct queue_view *view, struct slice name, FILE *out)
{
    const struct queue_view_domain domain = queue_view_find(view, name);
    char age[AGE_TEXT_MAX];
    age_text(domain.oldest, view->now, age);
    print_head(view, out);
    fputc('\n', out);
    print_name(name, 0, out);
    // The sample has a domain by its own name, the list by any of its names.
    if (domain.messages == 0 && view->listed > 0)
        fprintf(out, " is another name of a domain with %" PRIu64 " messages\n", view->listed);
    else
        fprintf(out, ": %" PRIu64 " messages, %" PRIu64 " of them late, the oldest %s old\n", domain.messages,
                domain.late, age);
    if (view->listed == 0)
        return fflush(out) == 0 && !ferror(out);
    for (unsigned i = 0; i < QUEUE_NAMES; i++)
        if (view->listed_sizes[i])
            fprintf(out, "  %8" PRIu64 " %s\n", view->listed_sizes[i], queue_name_word(i));
    if (view->listed == QUEUE_MESSAGES_MAX)
        fprintf(out, "\nthe oldest %d messages by age\n", QUEUE_MESSAGES_MAX);
    else
        fputs("\nmessages by age\n", out);
    age_histogram_print(&view->ages, out);
    return fflush(out) == 0 && !ferror(out);
}
