// SPDX-License-Identifier: BSD-2-Clause
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CNAMES_MAX 8
#define TYPE_ANY 0
#define TYPE_CNAME 5

enum state { RECORD, TIMES_OUT, FAILS, TRUNCATED };

struct record {
    char *name;
    int type;
    enum state state;
    struct slice data;
};

struct answer {
    struct spf_question question;
    struct dns_answer answer;
};

struct zone {
    struct record *records;
    size_t count;
    struct answer **answers;
    size_t answer_count;
};

struct zone *zone_create(void)
{
    struct zone *zone = calloc(1, sizeof *zone);
    assert_non_null(zone);
    return zone;
}

void zone_destroy(struct zone *zone)
{
    if (!zone)
        return;
    for (size_t i = 0; i < zone->count; i++) {
        free(zone->records[i].name);
        free((char *)zone->records[i].data.ptr);
    }
    for (size_t i = 0; i < zone->answer_count; i++)
        free(zone->answers[i]);
    free(zone->records);
    free(zone->answers);
    free(zone);
}

static int type_of(struct slice word)
{
    static const struct {
        const char *word;
        int type;
    } types[] = {{"A", DNS_TYPE_A},     {"AAAA", DNS_TYPE_AAAA}, {"MX", DNS_TYPE_MX},  {"PTR", DNS_TYPE_PTR},
                 {"TXT", DNS_TYPE_TXT}, {"CNAME", TYPE_CNAME},   {"TIMEOUT", TYPE_ANY}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_equal(word, slice_from(types[i].word)))
            return types[i].type;
    return -1;
}

static size_t put_name(struct slice name, char *out)
{
    size_t len = 0;
    while (name.len) {
        struct slice label;
        slice_split(name, '.', &label, &name);
        assert_true(label.len > 0 && label.len < 64);
        out[len++] = (char)label.len;
        memcpy(out + len, label.ptr, label.len);
        len += label.len;
    }
    out[len++] = 0;
    return len;
}

static struct slice own(const char *bytes, size_t len)
{
    char *copy = malloc(len + (len == 0)); // of its own size, so that the sanitizer sees a read past its end
    assert_non_null(copy);
    return slice_make(memcpy(copy, bytes, len), len);
}

static struct slice encode(int type, struct slice data)
{
    char wire[512];
    struct ip ip;
    unsigned long long preference;
    struct slice first, rest;
    switch (type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        assert_true(ip_parse(data, &ip));
        return own((const char *)ip.bytes, ip.bits / 8U);
    case DNS_TYPE_MX:
        slice_split(data, ' ', &first, &rest);
        assert_true(slice_number(first, 65535, &preference));
        wire[0] = (char)(preference >> 8);
        wire[1] = (char)preference;
        return own(wire, 2 + put_name(rest, wire + 2));
    case DNS_TYPE_PTR:
        return own(wire, put_name(data, wire));
    default:
        return own(data.ptr, data.len);
    }
}

bool zone_add(struct zone *zone, struct slice name, struct slice type, struct slice data)
{
    int number = type_of(type);
    if (number < 0 || name.len == 0)
        return false;
    zone->records = realloc(zone->records, (zone->count + 1) * sizeof *zone->records);
    assert_non_null(zone->records);
    struct record *record = &zone->records[zone->count++];
    *record = (struct record){.name = strndup(name.ptr, name.len), .type = number};
    if (number == TYPE_ANY || slice_equal(data, SLICE("TIMEOUT")))
        record->state = TIMES_OUT;
    else if (slice_equal(data, SLICE("FAILED")))
        record->state = FAILS;
    else if (slice_equal(data, SLICE("TRUNCATED")))
        record->state = TRUNCATED;
    else
        record->data = encode(number, data);
    return true;
}

static bool is_at(const struct record *record, struct slice name)
{
    struct slice own_name = slice_from(record->name);
    if (own_name.len && own_name.ptr[own_name.len - 1] == '.')
        own_name.len--;
    return slice_equal_nocase(own_name, name);
}

static void gather(const struct zone *zone, struct slice name, int type, int hops, struct dns_answer *out)
{
    const struct record *alias = NULL;
    bool silent = false;
    for (size_t i = 0; i < zone->count; i++) {
        const struct record *record = &zone->records[i];
        if (!is_at(record, name))
            continue;
        if (record->type == type && record->state == RECORD && out->count < DNS_RECORDS_MAX)
            out->data[out->count++] = record->data;
        if (record->type == type && (record->state == FAILS || record->state == TIMES_OUT))
            out->rc = record->state == FAILS ? DNS_FAILED : DNS_TIMEOUT;
        out->truncated = out->truncated || (record->type == type && record->state == TRUNCATED);
        if (record->type == TYPE_CNAME)
            alias = record;
        silent = silent || record->type == TYPE_ANY;
    }
    if (out->count)
        out->rc = DNS_FOUND;
    else if (silent)
        out->rc = DNS_TIMEOUT;
    else if (alias && hops == CNAMES_MAX)
        out->rc = DNS_FAILED;
    else if (alias)
        gather(zone, alias->data, type, hops + 1, out);
}

const struct dns_answer *zone_find(struct zone *zone, const struct spf_question *question)
{
    for (size_t i = 0; i < zone->answer_count; i++)
        if (zone->answers[i]->question.type == question->type &&
            strcmp(zone->answers[i]->question.name, question->name) == 0)
            return &zone->answers[i]->answer;
    struct answer *made = calloc(1, sizeof *made);
    zone->answers = realloc(zone->answers, (zone->answer_count + 1) * sizeof(struct answer *));
    assert_non_null(made);
    assert_non_null(zone->answers);
    zone->answers[zone->answer_count++] = made;
    made->question = *question;
    made->answer.rc = DNS_NONE;
    gather(zone, slice_from(question->name), (int)question->type, 0, &made->answer);
    return &made->answer;
}

const struct dns_answer *zone_answer(void *arg, const struct spf_question *question)
{
    return zone_find(arg, question);
}
