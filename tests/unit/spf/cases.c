// SPDX-License-Identifier: BSD-2-Clause
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void cases_open(struct cases *cases, const char *path)
{
    *cases = (struct cases){.path = path, .file = fopen(path, "re"), .zone = zone_create()};
    if (!cases->file)
        fail_msg("%s cannot be read", path);
}

void cases_close(struct cases *cases)
{
    fclose(cases->file);
    zone_destroy(cases->zone);
}

// "[[N text]]" is `text` N times.
static void repeat(char *line)
{
    char *start, out[CASE_LINE_MAX];
    while ((start = strstr(line, "[["))) {
        char *text, *end = strstr(start, "]]");
        long times = strtol(start + 2, &text, 10);
        if (!end || *text != ' ' || times <= 0) {
            fail_msg("wrong repetition: %s", line);
            return;
        }
        size_t len = (size_t)(start - line), one = (size_t)(end - text) - 1;
        memcpy(out, line, len);
        for (long i = 0; i < times; i++, len += one) {
            assert_true(len + one < sizeof out);
            memcpy(out + len, text + 1, one);
        }
        assert_true(len + strlen(end + 2) < sizeof out);
        strcpy(out + len, end + 2);
        strcpy(line, out);
    }
}

// Undoes "\xHH" within `in`'s own memory.
static struct slice unescape(struct slice in)
{
    char *to = (char *)in.ptr;
    for (const char *from = in.ptr, *end = from + in.len; from < end;) {
        unsigned byte;
        if (end - from >= 4 && memcmp(from, "\\x", 2) == 0 && sscanf(from + 2, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    return slice_make(in.ptr, (size_t)(to - in.ptr));
}

// The next line that is no comment; false at the end.
static bool read_line(struct cases *cases)
{
    if (cases->holds) {
        cases->holds = false;
        return true;
    }
    while (fgets(cases->held, sizeof cases->held, cases->file)) {
        cases->line++;
        cases->held[strcspn(cases->held, "\n")] = '\0';
        if (cases->held[0] == '#')
            slice_copy(slice_trim(slice_from(cases->held + 1)), cases->title, sizeof cases->title);
        if (cases->held[0] != '#' && cases->held[0] != '\0') {
            repeat(cases->held);
            return true;
        }
    }
    return false;
}

static void read_record(struct cases *cases)
{
    struct slice name, type, data;
    slice_split(slice_trim(slice_from(cases->held)), ' ', &name, &data);
    data = slice_trim(data);
    slice_split(data, ' ', &type, &data);
    if (!zone_add(cases->zone, unescape(name), type, unescape(slice_trim(data))))
        fail_msg("%s:%d: %s", cases->path, cases->line, cases->held);
}

static void read_request(const struct cases *cases, struct slice in, struct spf_request *out)
{
    *out = (struct spf_request){.identity = SPF_MAIL_FROM, .receiver = "mx.receiver.example", .trace = true};
    bool has_client = false, good = true;
    for (in = slice_trim(in); in.len && good; in = slice_trim(in)) {
        struct slice word, key, value;
        slice_split(in, ' ', &word, &in);
        slice_split(word, '=', &key, &value);
        value = unescape(value);
        if (slice_equal(key, SLICE("client")))
            good = has_client = ip_parse(value, &out->client);
        else if (slice_equal(key, SLICE("helo")))
            good = slice_copy(value, out->helo, sizeof out->helo);
        else if (slice_equal(key, SLICE("sender")))
            good = slice_copy(value, out->sender, sizeof out->sender);
        else if (slice_equal(key, SLICE("identity")))
            out->identity = slice_equal(value, SLICE("helo")) ? SPF_HELO : SPF_MAIL_FROM;
        else
            good = false;
    }
    if (!good || !has_client)
        fail_msg("%s:%d: wrong word in a request", cases->path, cases->line);
}

bool cases_next(struct cases *cases, struct spf_case *out)
{
    bool asked = false;
    while (read_line(cases)) {
        char first = cases->held[0];
        if (asked && first != '=') {
            cases->holds = true;
            return true;
        }
        if (strncmp(cases->held, "zone", 5) == 0) {
            zone_destroy(cases->zone);
            cases->zone = zone_create();
        } else if (first == '>') {
            asked = true;
            *out = (struct spf_case){.zone = cases->zone};
            slice_copy(slice_from(cases->title), out->title, sizeof out->title);
            read_request(cases, slice_from(cases->held + 1), &out->request);
        } else if (first == '=') {
            assert_true(asked && out->expectations < 8);
            slice_copy(slice_trim(slice_from(cases->held + 1)), out->expected[out->expectations++], 1024);
        } else {
            read_record(cases);
        }
    }
    return asked;
}

static bool has_line(const char *text, struct slice wanted)
{
    struct slice line, rest = slice_from(text);
    while (rest.len) {
        slice_split(rest, '\n', &line, &rest);
        if (slice_equal(line, wanted))
            return true;
    }
    return false;
}

// Of a trail what is expected is one of its lines.
static void describe_trail(struct slice wanted, const struct spf_verdict *verdict, char *out, size_t size)
{
    const char *shown = has_line(verdict->trace, wanted) ? "" : "without ";
    snprintf(out, size, "trail %s%.*s", shown, (int)wanted.len, wanted.ptr);
}

// The verdict as text, to compare with the expected one.
static void describe(struct slice key, const struct spf_verdict *verdict, char *out, size_t size)
{
    out[0] = '\0';
    if (slice_equal(key, SLICE("term")))
        snprintf(out, size, "term %s of %s", verdict->term, verdict->record_domain);
    else if (slice_equal(key, SLICE("explanation")))
        snprintf(out, size, "explanation%s%s", verdict->explanation[0] ? " " : "", verdict->explanation);
    else if (slice_equal(key, SLICE("problem")))
        snprintf(out, size, "problem%s%s", verdict->problem ? " " : "", spf_problem_words(verdict->problem));
    else if (slice_equal(key, SLICE("spent")))
        snprintf(out, size, "spent %u terms, %u voids", verdict->terms, verdict->voids);
    else if (slice_equal(key, SLICE("trail-length")))
        snprintf(out, size, "trail-length %zu", strlen(verdict->trace));
    else if (slice_equal(key, SLICE("wide")) || slice_equal(key, SLICE("narrow")))
        snprintf(out, size, "%s", verdict->wide ? "wide" : "narrow");
}

static bool result_among(struct slice allowed, enum spf_result result)
{
    struct slice one;
    for (; allowed.len; allowed = slice_trim(allowed)) {
        slice_split(allowed, ' ', &one, &allowed);
        if (slice_equal(one, slice_from(spf_result_word(result))))
            return true;
    }
    return false;
}

bool cases_holds(const struct cases *cases, const struct spf_case *it, const struct spf_verdict *verdict)
{
    bool holds = it->expectations > 0;
    for (unsigned i = 0; i < it->expectations; i++) {
        struct slice key, rest;
        char got[2048];
        slice_split(slice_from(it->expected[i]), ' ', &key, &rest);
        describe(key, verdict, got, sizeof got);
        if (slice_equal(key, SLICE("trail")))
            describe_trail(rest, verdict, got, sizeof got);
        bool right = i == 0 ? result_among(slice_from(it->expected[0]), verdict->result)
                            : strcmp(got, it->expected[i]) == 0;
        if (!right)
            print_error("%s:%d: %s\n  expected %s\n  got      %s\n", cases->path, cases->line, it->title,
                        it->expected[i], i ? got : spf_result_word(verdict->result));
        holds = holds && right;
    }
    if (!holds)
        print_error("%s\n", verdict->trace);
    return holds;
}
