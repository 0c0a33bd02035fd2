// SPDX-License-Identifier: BSD-2-Clause
#include "transfer/transfer_setup.h"

#include "io/socket_address.h"
#include "transfer/transfer_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static size_t read_body(char *out, size_t size, size_t count, void *arg)
{
    struct transfer_input *input = arg;
    const size_t left = input->body_len - input->body_read;
    const size_t now = left < size * count ? left : size * count;
    memcpy(out, input->body + input->body_read, now);
    input->body_read += now;
    input->at_end = now == 0;
    return now;
}

// SMTP has CRLF (RFC 5321 section 2.3.8); libcurl doubles the dots.
static bool copy_lines(struct transfer_input *input, struct slice message)
{
    input->body = malloc(2 * message.len + 1);
    if (!input->body)
        return false;
    for (size_t i = 0; i < message.len; i++) {
        if (message.ptr[i] == '\n')
            input->body[input->body_len++] = '\r';
        input->body[input->body_len++] = message.ptr[i];
    }
    return true;
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool set_up_smtp(CURL *easy, const struct transfer_spec *spec, bool plain,
                        struct transfer_input *input)
{
    return curl_easy_setopt(easy, CURLOPT_MAIL_FROM, spec->sender) == CURLE_OK &&
           add_line(&input->recipients, spec->recipient) &&
           curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, input->recipients) == CURLE_OK &&
           copy_lines(input, spec->body) && curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, input) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL)) ==
               CURLE_OK &&
           (!*spec->user || (curl_easy_setopt(easy, CURLOPT_USERNAME, spec->user) == CURLE_OK &&
                             curl_easy_setopt(easy, CURLOPT_PASSWORD, spec->password) == CURLE_OK));
}

static bool set_up_http(CURL *easy, const struct transfer_spec *spec, struct transfer_input *input)
{
    // Without "Expect: 100-continue", which many gateways ignore, and a second of waiting for it.
    bool good = add_line(&input->headers, "Expect:");
    for (size_t i = 0; i < spec->header_count; i++)
        good = good && add_line(&input->headers, spec->headers[i]);
    if (strcmp(spec->method, "GET") != 0)
        good =
            good && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)spec->body.len) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, spec->body.len ? spec->body.ptr : "") == CURLE_OK;
    return good && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, input->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, spec->method) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
}

static bool set_up_tls(CURL *easy, const struct transfer_pool_spec *pool)
{
    return curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (!*pool->ca_file || (curl_easy_setopt(easy, CURLOPT_CAINFO, pool->ca_file) == CURLE_OK &&
                                curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

// QUICK_EXIT: a look-up of a name that hangs must not hold up the loop when its transfer ends.
static bool set_up_connection(CURL *easy, const struct transfer_pool_spec *pool)
{
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, pool->connect_ms) == CURLE_OK;
}

// The last word on where a connection goes, whatever libcurl makes of the URL.
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct transfer_input *input = arg;
    struct ip ip;
    (void)purpose;
    if (socket_address_ip(&address->addr, &ip))
        for (size_t i = 0; i < input->address_count; i++)
            if (ip_equal(&input->addresses[i], &ip))
                return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    errno = EACCES;
    return CURL_SOCKET_BAD;
}

static bool set_up_pin(CURL *easy, const struct transfer_pin *pin, struct transfer_input *input)
{
    char entry[300 + TRANSFER_PIN_ADDRESSES * (CIDR_TEXT_MAX + 1)];
    int used = snprintf(entry, sizeof entry, "%.255s:%u:", pin->host, pin->port);
    for (size_t i = 0; i < pin->count && i < TRANSFER_PIN_ADDRESSES; i++) {
        char text[CIDR_TEXT_MAX];
        ip_format(&pin->addresses[i], text);
        used += snprintf(entry + used, sizeof entry - (size_t)used, "%s%s", i ? "," : "", text);
        input->addresses[input->address_count++] = pin->addresses[i];
    }
    return add_line(&input->resolved, entry) &&
           curl_easy_setopt(easy, CURLOPT_RESOLVE, input->resolved) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, input) == CURLE_OK;
}

bool transfer_setup(CURL *easy, const struct transfer_pool_spec *pool, const struct transfer_spec *spec,
                    struct transfer_input *input)
{
    const bool plain = transfer_url_plain(spec->url, pool->plain_hosts);
    const char *protocols = spec->recipient ? "smtp,smtps" : plain ? "http,https" : "https";
    return curl_easy_setopt(easy, CURLOPT_URL, spec->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, spec->total_ms) == CURLE_OK &&
           set_up_connection(easy, pool) && set_up_tls(easy, pool) &&
           (!spec->pin || set_up_pin(easy, spec->pin, input)) &&
           (spec->recipient ? set_up_smtp(easy, spec, plain, input) : set_up_http(easy, spec, input));
}

void transfer_input_finish(struct transfer_input *input)
{
    free(input->body);
    curl_slist_free_all(input->headers);
    curl_slist_free_all(input->recipients);
    curl_slist_free_all(input->resolved);
}
