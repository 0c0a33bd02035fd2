// SPDX-License-Identifier: BSD-2-Clause
#include "dnsbl_fixture.h"

#include "base/clock.h"
#include "base/counter.h"
#include "rows.h"
#include "scratch.h"

#include <stdio.h>

struct dns_server server;
static struct event_base *base;
static struct resolver *resolver;
struct dnsbl *dnsbl;
static struct directory *directory;
static const char *folder;

void set_rows(const char *text)
{
    struct problem problem;
    directory_destroy(directory);
    if (!rows_load(folder, text, &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(folder);
    assert_non_null(directory);
}

int set_up(void **state)
{
    (void)state;
    struct problem problem;
    struct resolver_spec spec = {server.address, WAIT_MS, 3600, 1000, 200};
    folder = scratch_make();
    base = event_base_new();
    resolver = resolver_create(base, &spec, &problem);
    dnsbl = dnsbl_create(base, resolver);
    directory = NULL;
    dns_server_tell(&server, "behave");
    return resolver && dnsbl ? 0 : -1;
}

int tear_down(void **state)
{
    (void)state;
    dnsbl_destroy(dnsbl);
    resolver_destroy(resolver);
    event_base_free(base);
    directory_destroy(directory);
    scratch_remove();
    clock_reset();
    return 0;
}

static void on_result(const struct dnsbl_result *result, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->result = *result;
}

struct dnsbl_check *start(const char *client, struct seen *seen)
{
    const struct directory_snapshot *rows;
    struct ip ip;
    memset(seen, 0, sizeof *seen);
    assert_true(ip_parse(slice_from(client), &ip));
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    struct dnsbl_check *check = dnsbl_ask(dnsbl, rows, &ip, WAIT_MS * 2, on_result, seen);
    directory_end(directory);
    return check;
}

void wait_for(struct seen *seen)
{
    for (int turns = 0; seen->calls == 0 && turns < 1000; turns++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(seen->calls, 1);
}

void wait_ms(int ms)
{
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(base, &wait);
    event_base_dispatch(base);
}

struct dnsbl_result ask(const char *client)
{
    struct seen seen;
    struct dnsbl_check *check = start(client, &seen);
    assert_true(check ? seen.calls == 0 : seen.calls == 1);
    wait_for(&seen);
    return seen.result;
}

bool counter_shows(const char *line)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    counter_print(out);
    fclose(out);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}
