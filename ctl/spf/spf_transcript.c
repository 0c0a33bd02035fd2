// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/spf/spf_transcript.h"

#include "base/log.h"

#include <jansson.h>

static void print_line(FILE *out, const char *label, const char *text)
{
    if (text[0])
        fprintf(out, "%-12s %s\n", label, text);
}

// Arguments of the command line may hold control characters.
static void print_checked(FILE *out, const struct spf_request *request)
{
    char client[CIDR_TEXT_MAX];
    ip_format(&request->client, client);
    fprintf(out, "%-12s ", "checked");
    if (request->identity == SPF_MAIL_FROM)
        fprintf(out, "MAIL FROM %s, ",
                request->sender[0] ? log_text(slice_from(request->sender)).text : "<>");
    fprintf(out, "HELO %s, client %s\n", log_text(slice_from(request->helo)).text, client);
}

static void print_mechanism(FILE *out, const struct spf_verdict *verdict)
{
    if (verdict->term[0] && verdict->record_domain[0])
        fprintf(out, "%-12s %s, in the record of %s\n", "mechanism", verdict->term, verdict->record_domain);
    else if (verdict->record_domain[0])
        fprintf(out, "%-12s none, at the record of %s\n", "mechanism", verdict->record_domain);
    else
        print_line(out, "mechanism", verdict->term[0] ? verdict->term : "none");
}

static void print_trail(FILE *out, const char *trail)
{
    struct slice line, rest = slice_from(trail);
    while (rest.len) {
        slice_split(rest, '\n', &line, &rest);
        fprintf(out, "%-12s %.*s\n", "trail", (int)line.len, line.ptr);
    }
}

bool spf_transcript_print(const struct spf_request *request, const struct spf_verdict *verdict, FILE *out)
{
    fprintf(out, "%s\n", spf_result_word(verdict->result));
    print_mechanism(out, verdict);
    fprintf(out, "%-12s %u of 10 terms, %u of 2 without an answer, %u DNS %s\n", "look-ups", verdict->terms,
            verdict->voids, verdict->queries, verdict->queries == 1 ? "query" : "queries");
    print_line(out, "problem", spf_problem_words(verdict->problem));
    print_line(out, "explanation", verdict->explanation);
    print_line(out, "wide",
               verdict->wide ? "the record lets so many addresses pass that this does not validate the sender"
                             : "");
    print_checked(out, request);
    print_trail(out, verdict->trace);
    return !ferror(out);
}

// JSON is UTF-8; other bytes are shown as the log shows them.
static json_t *make_text(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string(log_text(slice_from(text)).text);
}

static json_t *make_text_or_null(const char *text)
{
    return text[0] ? make_text(text) : json_null();
}

static json_t *make_trail(const char *trail)
{
    json_t *lines = json_array();
    struct slice line, rest = slice_from(trail);
    while (rest.len) {
        slice_split(rest, '\n', &line, &rest);
        if (json_array_append_new(lines, json_stringn(line.ptr, line.len)) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

bool spf_transcript_print_json(const struct spf_request *request, const struct spf_verdict *verdict,
                               FILE *out)
{
    char client[CIDR_TEXT_MAX];
    ip_format(&request->client, client);
    json_t *document = json_pack(
        "{s:s, s:o, s:o, s:i, s:i, s:i, s:o, s:o, s:b, s:s, s:s, s:o, s:o, s:o, s:o}", "result",
        spf_result_word(verdict->result), "mechanism", make_text_or_null(verdict->term), "record_domain",
        make_text_or_null(verdict->record_domain), "terms", (int)verdict->terms, "voids", (int)verdict->voids,
        "queries", (int)verdict->queries, "problem", make_text_or_null(spf_problem_words(verdict->problem)),
        "explanation", make_text_or_null(verdict->explanation), "wide", verdict->wide, "identity",
        request->identity == SPF_HELO ? "helo" : "mailfrom", "client", client, "helo",
        make_text(request->helo), "sender",
        request->identity == SPF_MAIL_FROM ? make_text(request->sender) : json_null(), "domain",
        make_text_or_null(verdict->domain), "trail", make_trail(verdict->trace));
    bool done = document && json_dumpf(document, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    return done;
}
