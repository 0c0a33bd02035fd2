// SPDX-License-Identifier: BSD-2-Clause
// The resolver against NSD, a name server as operators run it.
#include "resolver/resolver.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct nsd {
    char folder[64];
    unsigned port;
    pid_t pid;
};

struct seen {
    unsigned calls;
    enum dns_rc rc;
    struct slice data;
    char text[DNS_TEXT_MAX];
};

static const char zone_text[] = "$TTL 120\n"
                                "@ SOA ns admin 1 3600 600 86400 60\n"
                                "@ NS ns\n"
                                "ns A 127.0.0.1\n"
                                "2.0.0.127 A 127.0.0.2\n"
                                "2.0.0.127 TXT \"listed for the test\"\n"
                                "alias CNAME 2.0.0.127\n"
                                "*.wild A 127.0.0.9\n";

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void write_file(const struct nsd *nsd, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", nsd->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int start(void **state)
{
    static struct nsd nsd = {.folder = "/tmp/nsd-test-XXXXXX"};
    char conf[1024], path[128];
    assert_non_null(mkdtemp(nsd.folder));
    nsd.port = free_port();
    snprintf(conf, sizeof conf,
             "server:\n ip-address: 127.0.0.1@%u\n username: \"\"\n chroot: \"\"\n zonesdir: \"%s\"\n"
             " pidfile: \"\"\n xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n zonelistfile: \"%s/zones\"\n"
             " logfile: \"%s/log\"\n database: \"\"\nremote-control:\n control-enable: no\n"
             "zone:\n name: bl.example\n zonefile: bl.zone\n",
             nsd.port, nsd.folder, nsd.folder, nsd.folder, nsd.folder, nsd.folder);
    write_file(&nsd, "nsd.conf", conf);
    write_file(&nsd, "bl.zone", zone_text);
    snprintf(path, sizeof path, "%s/nsd.conf", nsd.folder);
    nsd.pid = fork();
    if (nsd.pid == 0) {
        execl("/usr/sbin/nsd", "nsd", "-d", "-c", path, (char *)NULL);
        _exit(127);
    }
    *state = &nsd;
    return 0;
}

static int stop(void **state)
{
    struct nsd *nsd = *state;
    const char *files[] = {"nsd.conf", "bl.zone", "xfrd", "zones", "log"};
    kill(nsd->pid, SIGTERM);
    waitpid(nsd->pid, NULL, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", nsd->folder, files[i]);
        unlink(path);
    }
    return rmdir(nsd->folder);
}

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->rc = answer->rc;
    seen->data.len = answer->count ? answer->data[0].len : 0;
    memcpy(seen->text, answer->count ? answer->data[0].ptr : "", seen->data.len);
    seen->data.ptr = seen->text;
}

// Asks past the cache until NSD is up.
static void ask(struct event_base *base, struct resolver *resolver, const char *name, enum dns_type type,
                struct seen *seen)
{
    for (int tries = 0; tries < 20; tries++) {
        memset(seen, 0, sizeof *seen);
        resolver_refresh(resolver, name, type, on_answer, seen);
        while (seen->calls == 0)
            event_base_loop(base, EVLOOP_ONCE);
        if (seen->rc == DNS_FOUND || seen->rc == DNS_NONE)
            return;
        usleep(200000);
    }
}

static void test_block_list_zone(void **state)
{
    struct nsd *nsd = *state;
    struct seen seen;
    struct problem problem = {0};
    char servers[32];
    snprintf(servers, sizeof servers, "127.0.0.1@%u", nsd->port);
    struct event_base *base = event_base_new();
    struct resolver_spec spec = {servers, 2000, 3600, 100, 20};
    struct resolver *resolver = resolver_create(base, &spec, &problem);
    assert_non_null(resolver);
    ask(base, resolver, "2.0.0.127.bl.example", DNS_TYPE_A, &seen);
    assert_int_equal(seen.rc, DNS_FOUND);
    assert_true(slice_equal(seen.data, SLICE("\x7f\0\0\2")));
    ask(base, resolver, "2.0.0.127.bl.example", DNS_TYPE_TXT, &seen);
    assert_true(slice_equal(seen.data, SLICE("listed for the test")));
    ask(base, resolver, "alias.bl.example", DNS_TYPE_A, &seen);
    assert_true(slice_equal(seen.data, SLICE("\x7f\0\0\2")));
    ask(base, resolver, "any.wild.bl.example", DNS_TYPE_A, &seen);
    assert_true(slice_equal(seen.data, SLICE("\x7f\0\0\x09")));
    ask(base, resolver, "1.0.0.127.bl.example", DNS_TYPE_A, &seen);
    assert_int_equal(seen.rc, DNS_NONE);
    ask(base, resolver, "ns.bl.example", DNS_TYPE_AAAA, &seen);
    assert_int_equal(seen.rc, DNS_NONE);
    ask(base, resolver, "other.example", DNS_TYPE_A, &seen); // NSD says REFUSED
    assert_int_equal(seen.rc, DNS_FAILED);
    resolver_destroy(resolver);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_block_list_zone)};
    return cmocka_run_group_tests(tests, start, stop);
}
