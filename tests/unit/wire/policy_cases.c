// SPDX-License-Identifier: BSD-2-Clause
#include "policy_cases.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const states[] = {
    [POLICY_CONNECT] = "CONNECT", [POLICY_HELO] = "HELO", [POLICY_MAIL] = "MAIL",
    [POLICY_RCPT] = "RCPT",       [POLICY_DATA] = "DATA", [POLICY_END_OF_MESSAGE] = "END-OF-MESSAGE",
    [POLICY_VRFY] = "VRFY",       [POLICY_ETRN] = "ETRN",
};

static void render_slice(FILE *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    fprintf(out, "%s ", name);
    fwrite(value.ptr, 1, value.len, out);
    fputc('\n', out);
}

static void render_number(FILE *out, const char *name, uint64_t value)
{
    if (value)
        fprintf(out, "%s %" PRIu64 "\n", name, value);
}

#define RENDER(field) render_slice(out, #field, request->field)
void policy_case_render(FILE *out, const struct policy_request *request)
{
    fputs("ok\n", out);
    if (request->state != POLICY_STATE_UNKNOWN)
        render_slice(out, "state", slice_from(states[request->state]));
    RENDER(protocol_state);
    RENDER(protocol_name);
    RENDER(client_address);
    RENDER(client_name);
    RENDER(client_port);
    RENDER(reverse_client_name);
    RENDER(server_address);
    RENDER(server_port);
    RENDER(helo_name);
    RENDER(queue_id);
    RENDER(sender);
    RENDER(recipient);
    render_number(out, "recipient_count", request->recipient_count);
    RENDER(instance);
    render_number(out, "size", request->size);
    RENDER(sasl_method);
    RENDER(sasl_username);
    RENDER(sasl_sender);
    RENDER(encryption_protocol);
    RENDER(policy_context);
    render_slice(out, "stress", slice_from(request->stress ? "yes" : ""));
    render_slice(out, "oversized", slice_from(request->oversized ? "yes" : ""));
}

// Writes `text` with "\xHH" and "\xHH{n}" undone.
static void put_unescaped(FILE *out, const char *text)
{
    while (*text) {
        unsigned byte, count = 1;
        if (sscanf(text, "\\x%2x", &byte) != 1) {
            fputc(*text++, out);
            continue;
        }
        text += strlen("\\xHH");
        if (sscanf(text, "{%u}", &count) == 1)
            text += strcspn(text, "}") + 1;
        while (count-- > 0)
            fputc((int)byte, out);
    }
}

// The text after "> " or "= "; a mark alone is an empty line.
static void put_line(FILE *out, const char *line)
{
    put_unescaped(out, line[1] == ' ' ? line + 2 : line + 1);
    fputc('\n', out);
}

static void put_case_line(const char *line, char *title, FILE *input, FILE *expected)
{
    if (line[0] == '#')
        snprintf(title, sizeof((struct policy_case *)0)->title, "%s", line);
    else if (line[0] == '>')
        put_line(input, line);
    else if (line[0] == '=')
        put_line(expected, line);
    else if (line[0] != '\0')
        fail_msg("neither \"#\" nor \">\" nor \"=\": %s", line);
}

// The last line that Postfix sent is cut short where the case ends in "more": there is no line feed yet.
static void cut_incomplete(struct policy_case *it)
{
    const char *more = "more\n";
    size_t len = strlen(more);
    if (it->expected_len >= len && memcmp(it->expected + it->expected_len - len, more, len) == 0)
        it->input_len--;
}

bool policy_case_read(FILE *file, struct policy_case *out)
{
    char *line = NULL;
    size_t size = 0;
    long before = ftell(file);
    bool any = false, results = false;
    *out = (struct policy_case){.title = ""};
    FILE *input = open_memstream(&out->input, &out->input_len);
    FILE *expected = open_memstream(&out->expected, &out->expected_len);
    for (; getline(&line, &size, file) > 0; before = ftell(file)) {
        line[strcspn(line, "\n")] = '\0';
        if (results && (line[0] == '#' || line[0] == '>'))
            break;
        any = any || line[0] == '>';
        results = results || line[0] == '=';
        put_case_line(line, out->title, input, expected);
    }
    fseek(file, before, SEEK_SET);
    fclose(input);
    fclose(expected);
    free(line);
    if (any != results)
        fail_msg("%s: a case needs both \">\" and \"=\"", out->title);
    cut_incomplete(out);
    if (!any)
        policy_case_finish(out);
    return any;
}

void policy_case_finish(struct policy_case *it)
{
    free(it->input);
    free(it->expected);
}
