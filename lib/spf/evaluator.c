// SPDX-License-Identifier: BSD-2-Clause
#include "spf/evaluator.h"

#include "base/memory.h"
#include "spf/rdata.h"
#include "spf/spf_lookup.h"

#include <netinet/in.h>
#include <pthread.h>
#include <spf2/spf.h>
#include <stdlib.h>

#define LIMIT_OFF 1000 // libspf2's own limits are higher than any that spf_lookup.c lets pass

// The objects of libspf2, made once per thread.
struct evaluator {
    SPF_dns_server_t dns;
    SPF_server_t *server;
    SPF_request_t *request;
};

static SPF_dns_rr_t *answer_make(ns_type type, int status)
{
    SPF_dns_rr_t *rr = SPF_dns_rr_new_init(NULL, NULL, type, 0, status);
    if (!rr)
        memory_exhausted(); // libspf2 cannot go on either; the end of a worker costs one temperror
    return rr;
}

static void answer_add(SPF_dns_rr_t *rr, const void *data, size_t size)
{
    if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, size) != SPF_E_SUCCESS)
        memory_exhausted();
    memcpy(rr->rr[rr->num_rr++], data, size);
}

static SPF_dns_rr_t *answer_without(ns_type type, enum spf_lookup_rc rc)
{
    return answer_make(type, rc == SPF_LOOKUP_STOP ? TRY_AGAIN : HOST_NOT_FOUND);
}

// With a prefix length of 0 any address matches (RFC 7208 section 5.6); libspf2 has no such length, and
// gets the client's own address. `exists` asks for any address, too.
static bool matches_any(const struct check_host *check)
{
    const struct term *term = check_host_term(check);
    if (term->kind != TERM_A && term->kind != TERM_MX)
        return false;
    return (check->request->client.bits == 32 ? term->prefix4 : term->prefix6) == 0;
}

static SPF_dns_rr_t *answer_addresses(const struct check_host *check, ns_type type, enum spf_lookup_rc rc,
                                      const struct dns_answer *found)
{
    if (rc != SPF_LOOKUP_FOUND)
        return answer_without(type, rc);
    SPF_dns_rr_t *rr = answer_make(type, NETDB_SUCCESS);
    size_t size = type == ns_t_a ? 4 : 16;
    if (matches_any(check))
        answer_add(rr, check->request->client.bytes, size);
    else
        for (unsigned i = 0; i < found->count; i++)
            if (found->data[i].len == size)
                answer_add(rr, found->data[i].ptr, size);
    return rr;
}

// A host is named by its index in check->hosts, followed by the name of its term.
static SPF_dns_rr_t *answer_hosts(const struct check_host *check, ns_type type, enum spf_lookup_rc rc)
{
    if (rc != SPF_LOOKUP_FOUND)
        return answer_without(type, rc);
    SPF_dns_rr_t *rr = answer_make(type, NETDB_SUCCESS);
    for (unsigned i = 0; i < check->hosts.count; i++) {
        char name[2 + CLIENT_RECORD_NAME_MAX] = {(char)('a' + i), '.'};
        client_record_name(check->at, check->next, CLIENT_RECORD_TARGET, name + 2);
        answer_add(rr, name, sizeof name);
    }
    return rr;
}

// libspf2 asked a question that does not fit the current term: its result no longer counts.
static SPF_dns_rr_t *answer_unexpected(struct check_host *check, ns_type type)
{
    check_host_end(check, SPF_TEMPERROR, SPF_NO_PROBLEM, "", SLICE("libspf2 asked an unexpected question"));
    return answer_make(type, TRY_AGAIN);
}

static SPF_dns_rr_t *answer_term(struct check_host *check, ns_type type)
{
    const struct dns_answer *found = NULL;
    enum spf_lookup_rc rc;
    switch (check_host_term(check)->kind) {
    case TERM_A:
    case TERM_EXISTS:
        rc = spf_lookup_addresses(check, &found);
        return answer_addresses(check, type, rc, found);
    case TERM_MX:
        return type == ns_t_mx ? answer_hosts(check, type, spf_lookup_exchanges(check))
                               : answer_unexpected(check, type);
    default:
        return answer_unexpected(check, type);
    }
}

static bool is_name(const char *name, unsigned record, unsigned term, const char *kind)
{
    char expected[CLIENT_RECORD_NAME_MAX];
    client_record_name(record, term, kind, expected);
    return strcmp(name, expected) == 0;
}

static SPF_dns_rr_t *answer_host(struct check_host *check, const char *name, ns_type type)
{
    const struct dns_answer *found = NULL;
    unsigned host = (unsigned)(name[0] - 'a');
    if (host >= check->hosts.count || !is_name(name + 2, check->at, check->next, CLIENT_RECORD_TARGET))
        return answer_unexpected(check, type);
    enum spf_lookup_rc rc = spf_lookup_host(check, host, &found);
    return answer_addresses(check, type, rc, found);
}

// The term that did not match, by `name`, is the current one or an include term on the way there: not only
// the last one, as an included record may end by an include term of its own.
static bool is_passed(const struct check_host *check, const char *name, unsigned *record, unsigned *term)
{
    *record = check->at;
    *term = check->next;
    while (!is_name(name, *record, *term, CLIENT_RECORD_PASSED)) {
        if (*record == 0)
            return false;
        *term = check->record[*record].parent_term;
        *record = check->record[*record].parent;
    }
    return true;
}

static SPF_dns_rr_t *lookup(SPF_dns_server_t *dns, const char *name, ns_type type, int should_cache)
{
    struct check_host *check = dns->hook;
    unsigned record, term;
    (void)should_cache;
    if (check->state != CHECK_HOST_GOING)
        return answer_make(type, TRY_AGAIN);
    if (is_passed(check, name, &record, &term))
        return answer_without(type, spf_lookup_passed(check, record, term));
    if (!check_host_term(check))
        return answer_unexpected(check, type);
    if (type == ns_t_ptr && check_host_term(check)->kind == TERM_PTR)
        return answer_hosts(check, type, spf_lookup_client_names(check));
    if (is_name(name, check->at, check->next, CLIENT_RECORD_TARGET))
        return answer_term(check, type);
    return name[0] && name[1] == '.' ? answer_host(check, name, type) : answer_unexpected(check, type);
}

static SPF_errcode_t compile(struct check_host *check, unsigned number, SPF_server_t *server,
                             SPF_response_t *response, SPF_record_t **out)
{
    char text[CLIENT_RECORD_BYTES_MAX];
    client_record_print(&check->record[number], number, &check->request->client, text);
    return SPF_record_compile(server, response, out, text);
}

static SPF_errcode_t get_spf(SPF_server_t *server, SPF_request_t *request, SPF_response_t *response,
                             SPF_record_t **out)
{
    struct check_host *check = server->resolver->hook;
    const struct term *term = check_host_term(check);
    *out = NULL;
    if (check->state != CHECK_HOST_GOING)
        return SPF_E_DNS_ERROR;
    if (!is_name(request->cur_dom, check->at, term ? check->next : 0,
                 term ? CLIENT_RECORD_TARGET : CLIENT_RECORD_REDIRECT)) {
        SPF_dns_rr_free(answer_unexpected(check, ns_t_txt));
        return SPF_E_DNS_ERROR;
    }
    if (spf_lookup_record(check) != SPF_LOOKUP_FOUND)
        return SPF_E_DNS_ERROR;
    return compile(check, check->at, server, response, out);
}

static SPF_errcode_t get_exp(SPF_server_t *server, const char *domain, char **text, size_t *size)
{
    (void)server;
    (void)domain;
    (void)text;
    (void)size;
    return SPF_E_NOT_SPF; // explanations are not its business
}

static void evaluator_destroy(void *memory)
{
    struct evaluator *evaluator = memory;
    if (!evaluator)
        return;
    if (evaluator->request)
        SPF_request_free(evaluator->request);
    if (evaluator->server)
        SPF_server_free(evaluator->server);
    free(evaluator);
}

// The explanation, which libspf2 makes at each end, is a constant, so that it costs little.
static struct evaluator *evaluator_create(void)
{
    SPF_response_t *response = NULL;
    struct evaluator *evaluator = calloc(1, sizeof *evaluator);
    if (!evaluator)
        return NULL;
    evaluator->dns =
        (SPF_dns_server_t){.lookup = lookup, .get_spf = get_spf, .get_exp = get_exp, .name = "spf"};
    evaluator->server = SPF_server_new_dns(&evaluator->dns, 0);
    evaluator->request = evaluator->server ? SPF_request_new(evaluator->server) : NULL;
    if (!evaluator->request || SPF_request_set_env_from(evaluator->request, "x@x.x") != 0 ||
        SPF_request_set_helo_dom(evaluator->request, "x.x") != SPF_E_SUCCESS ||
        SPF_server_set_rec_dom(evaluator->server, "x.x") != SPF_E_SUCCESS ||
        SPF_server_set_explanation(evaluator->server, "x", &response) != SPF_E_SUCCESS) {
        evaluator_destroy(evaluator);
        evaluator = NULL;
    } else {
        SPF_server_set_max_dns_mech(evaluator->server, LIMIT_OFF);
        SPF_server_set_max_dns_mx(evaluator->server, LIMIT_OFF);
        SPF_server_set_max_dns_ptr(evaluator->server, LIMIT_OFF);
    }
    if (response)
        SPF_response_free(response);
    return evaluator;
}

static pthread_key_t own;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static bool own_usable;

static void own_init(void)
{
    own_usable = pthread_key_create(&own, evaluator_destroy) == 0;
}

static struct evaluator *evaluator_own(void)
{
    pthread_once(&own_once, own_init);
    if (!own_usable)
        return NULL;
    struct evaluator *evaluator = pthread_getspecific(own);
    if (!evaluator && (evaluator = evaluator_create()) && pthread_setspecific(own, evaluator) != 0) {
        evaluator_destroy(evaluator);
        evaluator = NULL;
    }
    return evaluator;
}

static void set_client(SPF_request_t *request, const struct ip *client)
{
    struct in_addr ip4;
    struct in6_addr ip6;
    memcpy(&ip4, client->bytes, sizeof ip4);
    memcpy(&ip6, client->bytes, sizeof ip6);
    if (client->bits == 32)
        SPF_request_set_ipv4(request, ip4);
    else
        SPF_request_set_ipv6(request, ip6);
}

static enum spf_result translate(SPF_result_t result)
{
    switch (result) {
    case SPF_RESULT_NEUTRAL:
        return SPF_NEUTRAL;
    case SPF_RESULT_PASS:
        return SPF_PASS;
    case SPF_RESULT_FAIL:
        return SPF_FAIL;
    case SPF_RESULT_SOFTFAIL:
        return SPF_SOFTFAIL;
    default:
        return SPF_TEMPERROR;
    }
}

// Not SPF_request_query_mailfrom: it lets each loopback address pass unseen.
enum spf_result evaluator_run(struct check_host *check)
{
    enum spf_result result = SPF_TEMPERROR;
    SPF_record_t *record = NULL;
    struct evaluator *evaluator = evaluator_own();
    SPF_response_t *response = evaluator ? SPF_response_new(evaluator->request) : NULL;
    if (!response)
        return SPF_TEMPERROR;
    evaluator->dns.hook = check;
    set_client(evaluator->request, &check->request->client);
    if (compile(check, 0, evaluator->server, response, &record) == SPF_E_SUCCESS) {
        response->spf_record_exp = record;
        evaluator->request->cur_dom = "x";
        SPF_record_interpret(record, evaluator->request, response, 0);
        result = translate(SPF_response_result(response));
    }
    if (record)
        SPF_record_free(record);
    SPF_response_free(response);
    evaluator->dns.hook = NULL;
    return result;
}
