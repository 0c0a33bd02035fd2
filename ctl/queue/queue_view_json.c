// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue/queue_view.h"

#include <jansson.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *time_or_null(int64_t at)
{
    return at ? json_integer(at) : json_null();
}

static json_t *text(struct slice bytes)
{
    json_t *value = json_stringn(bytes.ptr, bytes.len);
    return value ? value : json_null(); // no UTF-8
}

static json_t *domain_object(const struct queue_view_domain *domain)
{
    return json_pack("{so so so so}", "domain", text(domain->name), "messages", number(domain->messages),
                     "late", number(domain->late), "oldest", time_or_null(domain->oldest));
}

static json_t *sizes_object(const uint64_t sizes[QUEUE_NAMES])
{
    json_t *object = json_object();
    for (unsigned i = 0; i < QUEUE_NAMES; i++)
        json_object_set_new(object, queue_name_word(i), number(sizes[i]));
    return object;
}

static json_t *ages_array(const struct age_histogram *ages)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < AGE_BUCKETS; i++)
        json_array_append_new(
            array, json_pack("{ss so}", "age", age_histogram_name(i), "count", number(ages->counts[i])));
    return array;
}

static json_t *head_object(const struct queue_view *view)
{
    return json_pack("{so sb so so}", "counted_at", time_or_null(view->cycle.at), "complete",
                     view->cycle.complete, "unknown", number(view->cycle.unknown), "queues",
                     sizes_object(view->sizes));
}

static bool print(json_t *object, FILE *out)
{
    const bool done = object && json_dumpf(object, out, JSON_INDENT(2)) == 0;
    json_decref(object);
    return fputc('\n', out) != EOF && fflush(out) == 0 && done;
}

bool queue_view_print_json(const struct queue_view *view, FILE *out)
{
    json_t *object = head_object(view), *domains = json_array();
    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(domains, domain_object(&view->domains[i]));
    json_object_set_new(object, "domains", domains);
    json_object_set_new(object, "oldest_by_age", ages_array(&view->ages));
    return print(object, out);
}

bool queue_view_print_domain_json(const struct queue_view *view, struct slice name, FILE *out)
{
    const struct queue_view_domain domain = queue_view_find(view, name);
    json_t *object = head_object(view);
    json_object_update_new(object, domain_object(&domain));
    json_object_set_new(object, "listed", number(view->listed));
    json_object_set_new(object, "listed_queues", sizes_object(view->listed_sizes));
    json_object_set_new(object, "listed_by_age", ages_array(&view->ages));
    return print(object, out);
}
