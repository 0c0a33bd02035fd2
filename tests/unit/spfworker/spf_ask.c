// SPDX-License-Identifier: BSD-2-Clause
// spf_ask WORKER DNS TIMEOUT_MS: reads lines "CLIENT<tab>HELO<tab>SENDER", bytes as %HH where they could be
// mistaken, has each checked by a worker and prints "RESULT<tab>EXPLANATION".
#include "spfclient/spf_client.h"

#include <stdio.h>
#include <stdlib.h>

static bool decode(struct slice in, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len && len + 1 < size; i++) {
        unsigned byte = (unsigned char)in.ptr[i];
        if (byte == '%' && sscanf(in.ptr + i + 1, "%2x", &byte) == 1)
            i += 2;
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return len + 1 < size;
}

static bool read_request(const char *line, struct spf_request *out)
{
    struct slice client, helo, sender, rest = slice_make(line, strcspn(line, "\n"));
    *out = (struct spf_request){.identity = SPF_MAIL_FROM, .within_ms = 20000, .receiver = "unknown"};
    return slice_split(rest, '\t', &client, &rest) && slice_split(rest, '\t', &helo, &sender) &&
           ip_parse(client, &out->client) && decode(helo, out->helo, sizeof out->helo) &&
           decode(sender, out->sender, sizeof out->sender);
}

int main(int argc, char **argv)
{
    struct problem problem;
    char line[4096];
    if (argc != 4)
        return 64;
    struct spf_client *client = spf_client_create(
        &(struct spf_client_spec){
            .worker = argv[1], .dns_servers = argv[2], .dns_timeout_ms = strtol(argv[3], NULL, 10)},
        &problem);
    if (!client) {
        fprintf(stderr, "%s\n", problem.text);
        return 71;
    }
    while (fgets(line, sizeof line, stdin)) {
        static struct spf_request request;
        static struct spf_verdict verdict;
        if (!read_request(line, &request))
            return 65;
        spf_client_check(client, &request, &verdict);
        printf("%s\t%s\n", spf_result_word(verdict.result), verdict.explanation);
        fflush(stdout);
    }
    spf_client_destroy(client);
    return 0;
}
