// SPDX-License-Identifier: BSD-2-Clause
#include "transfer/transfer_url.h"

#include "base/slice.h"

#include <curl/curl.h>

static bool is_in(struct slice word, const char *list)
{
    for (struct slice head, rest = slice_from(list); rest.len;) {
        slice_split(rest, ' ', &head, &rest);
        if (word.len && slice_equal_nocase(head, word))
            return true;
    }
    return false;
}

bool transfer_url_plain(const char *url, const char *plain_hosts)
{
    CURLU *parsed = curl_url();
    char *host = NULL;
    const bool plain = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                       curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                       is_in(slice_from(host), plain_hosts);
    curl_free(host);
    curl_url_cleanup(parsed);
    return plain;
}

bool transfer_check_http(const char *url, const char *plain_hosts, struct problem *problem)
{
    if (slice_has_prefix_nocase(slice_from(url), SLICE("https://")))
        return true;
    if (!slice_has_prefix_nocase(slice_from(url), SLICE("http://")))
        return problem_set(problem, "write a URL, such as https://sms.example.com/send");
    return transfer_url_plain(url, plain_hosts) ||
           problem_set(problem, "http:// has no TLS: write https://, or put the host into plain_hosts");
}

bool transfer_check_smtp(const char *url, struct problem *problem)
{
    return slice_has_prefix_nocase(slice_from(url), SLICE("smtps://")) ||
           slice_has_prefix_nocase(slice_from(url), SLICE("smtp://")) ||
           problem_set(problem,
                       "write a URL, such as smtp://mail.example.com:587 or smtps://mail.example.com");
}
