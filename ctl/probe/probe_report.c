// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/probe/probe_report.h"

#include "base/clock.h"
#include <arpa/inet.h>

#include <jansson.h>
#include <netinet/in.h>
#include <unistd.h>

enum { DAY = 86400, LINE_SHOWN = 500, LINES_SHOWN = 200, ADDRESS_TEXT = INET6_ADDRSTRLEN + 10 };

// Printable ASCII; anything else would steer a terminal, or look like something else.
static void escape(struct slice line, char out[LINE_SHOWN + 4])
{
    const size_t len = line.len < LINE_SHOWN ? line.len : LINE_SHOWN;
    for (size_t i = 0; i < len; i++)
        if ((out[i] = line.ptr[i]) < ' ' || out[i] > '~')
            out[i] = '?';
    snprintf(out + len, 4, "%s", line.len > LINE_SHOWN ? "..." : "");
}

static void end_wait(struct probe_report *report)
{
    if (report->waiting)
        fputs("\r\033[K", stderr);
    report->waiting = false;
}

void probe_report_init(struct probe_report *report, const char *domain, bool json, FILE *out)
{
    *report = (struct probe_report){.out = out};
    if (json)
        report->json = json_pack("{ss s[]}", "domain", domain, "addresses");
}

void probe_report_address(struct probe_report *report, const struct next_hop *hop)
{
    char ip[INET6_ADDRSTRLEN] = "?", text[ADDRESS_TEXT];
    const bool is_v4 = hop->address.family == AF_INET;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&hop->address.storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&hop->address.storage;
    inet_ntop(hop->address.family, is_v4 ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr, ip,
              sizeof ip);
    snprintf(text, sizeof text, is_v4 ? "%s:%u" : "[%s]:%u", ip,
             ntohs(is_v4 ? in->sin_port : in6->sin6_port));
    end_wait(report);
    if (!report->json) {
        fprintf(report->out, "%s (%s)\n", hop->host, text);
        fflush(report->out);
        return;
    }
    report->lines = json_array();
    report->address = json_pack("{ss ss so}", "host", hop->host, "address", text, "dialogue", report->lines);
    json_array_append_new(json_object_get(report->json, "addresses"), report->address);
}

void probe_report_line(struct probe_report *report, enum probe_direction direction, struct slice line)
{
    static const char *const marks[] = {[PROBE_SENT] = "C:", [PROBE_RECEIVED] = "S:", [PROBE_EVENT] = "--"};
    static const char *const names[] = {
        [PROBE_SENT] = "client", [PROBE_RECEIVED] = "server", [PROBE_EVENT] = "event"};
    char text[LINE_SHOWN + 4];
    escape(line, text);
    end_wait(report);
    if (!report->json) {
        fprintf(report->out, "  %s %s\n", marks[direction], text);
        fflush(report->out);
    } else if (json_array_size(report->lines) < LINES_SHOWN) {
        json_array_append_new(report->lines, json_pack("{ss}", names[direction], text));
    }
}

static void print_certificate(const struct probe_report *report, const struct probe_certificate *certificate)
{
    const int64_t left = certificate->ends - clock_wall();
    if (!*certificate->fingerprint)
        return;
    if (left < 0)
        fprintf(report->out, "  -- the certificate ended %lld days ago\n", (long long)(-left / DAY));
    else
        fprintf(report->out, "  -- the certificate ends in %lld days\n", (long long)(left / DAY));
}

void probe_report_found(struct probe_report *report, const struct probe_found *found)
{
    end_wait(report);
    if (!report->json) {
        print_certificate(report, &found->certificate);
        if (found->tls_failed)
            fputs("  -- STARTTLS is offered, and fails\n", report->out);
        fprintf(report->out, "  == %s at %s: %s\n", dialogue_outcome_name(found->outcome),
                dialogue_stage_name(found->stage), found->reply);
        return;
    }
    json_t *ends = *found->certificate.fingerprint ? json_integer(found->certificate.ends) : json_null();
    json_object_update_new(
        report->address, json_pack("{ss ss ss sb sb sb so}", "outcome", dialogue_outcome_name(found->outcome),
                                   "stage", dialogue_stage_name(found->stage), "reply", found->reply, "up",
                                   dialogue_is_up(found->outcome), "tls", found->uses_tls, "tls_failed",
                                   found->tls_failed, "certificate_ends", ends));
}

void probe_report_wait(struct probe_report *report, const char *stage, unsigned seconds)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K  waiting for %s, %u s", stage, seconds);
    report->waiting = true;
}

bool probe_report_end(struct probe_report *report, bool known, bool up, const char *why)
{
    end_wait(report);
    if (!report->json) {
        fprintf(report->out, known ? "the server is %s\n" : "nobody could be asked: %s\n",
                !known ? why
                : up   ? "up"
                       : "down");
        return fflush(report->out) == 0 && !ferror(report->out);
    }
    json_object_set_new(report->json, "up", known ? json_boolean(up) : json_null());
    if (!known)
        json_object_set_new(report->json, "why", json_string(why));
    const bool done = json_dumpf(report->json, report->out, JSON_INDENT(2)) == 0;
    json_decref(report->json);
    return fputc('\n', report->out) != EOF && fflush(report->out) == 0 && done;
}
