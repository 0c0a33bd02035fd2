// SPDX-License-Identifier: BSD-2-Clause
#include "resolver_fixture.h"

#include "base/clock.h"

struct dns_server server;

void on_answer(const struct dns_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->rc = answer->rc;
    seen->count = answer->count;
    seen->truncated = answer->truncated;
    seen->ttl = answer->ttl;
    for (unsigned i = 0; i < answer->count && i < 4; i++) {
        seen->len[i] = answer->data[i].len;
        memcpy(seen->data[i], answer->data[i].ptr, answer->data[i].len);
        seen->data[i][answer->data[i].len] = '\0';
    }
    if (seen->cancel)
        resolver_cancel(seen->cancel);
}

struct resolver *make(struct fixture *fixture, const struct resolver_spec *spec)
{
    struct problem problem = {0};
    fixture->base = event_base_new();
    fixture->resolver = resolver_create(fixture->base, spec, &problem);
    if (!fixture->resolver)
        fail_msg("%s", problem.text);
    return fixture->resolver;
}

void unmake(struct fixture *fixture)
{
    resolver_destroy(fixture->resolver);
    event_base_free(fixture->base);
    clock_reset();
}

int set_up(void **state)
{
    static struct fixture fixture;
    struct resolver_spec spec = {server.address, WAIT_MS, 3600, 100, 20};
    memset(&fixture.seen, 0, sizeof fixture.seen);
    make(&fixture, &spec);
    dns_server_tell(&server, "behave");
    dns_server_tell(&server, "count");
    *state = &fixture;
    return 0;
}

int tear_down(void **state)
{
    unmake(*state);
    return 0;
}

void wait_for(struct fixture *fixture, const struct seen *seen, unsigned calls)
{
    for (int turns = 0; seen->calls < calls && turns < 1000; turns++)
        event_base_loop(fixture->base, EVLOOP_ONCE);
    assert_int_equal(seen->calls, calls);
}

// Lets time pass for what is not to happen.
void wait_ms(struct fixture *fixture, int ms)
{
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(fixture->base, &wait);
    event_base_dispatch(fixture->base);
}

const struct seen *ask(struct fixture *fixture, const char *name, enum dns_type type)
{
    memset(&fixture->seen, 0, sizeof fixture->seen);
    resolver_ask(fixture->resolver, name, type, on_answer, &fixture->seen);
    wait_for(fixture, &fixture->seen, 1);
    return &fixture->seen;
}

const struct seen *refresh(struct fixture *fixture, const char *name, enum dns_type type)
{
    memset(&fixture->seen, 0, sizeof fixture->seen);
    resolver_refresh(fixture->resolver, name, type, on_answer, &fixture->seen);
    wait_for(fixture, &fixture->seen, 1);
    return &fixture->seen;
}
