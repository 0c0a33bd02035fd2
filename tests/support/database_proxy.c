// SPDX-License-Identifier: BSD-2-Clause
#include "database_proxy.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

struct link {
    struct proxy *proxy;
    struct bufferevent *client, *server;
    struct link *prev, *next;
};

struct proxy {
    struct event_base *base;
    struct evconnlistener *listener;
    struct sockaddr_un here, there;
    struct link *links;
    int losing;
    unsigned lost;
};

static void end_link(struct link *link)
{
    DL_DELETE(link->proxy->links, link);
    bufferevent_free(link->client);
    bufferevent_free(link->server);
    free(link);
}

static void on_client(struct bufferevent *client, void *arg)
{
    struct link *link = arg;
    bufferevent_write_buffer(link->server, bufferevent_get_input(client));
}

static void on_server(struct bufferevent *server, void *arg)
{
    struct link *link = arg;
    if (!link->proxy->losing) {
        bufferevent_write_buffer(link->client, bufferevent_get_input(server));
        return;
    }
    link->proxy->losing = 0;
    link->proxy->lost++;
    end_link(link);
}

static void on_end(struct bufferevent *either, short what, void *arg)
{
    (void)either;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        end_link(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len,
                      void *arg)
{
    struct proxy *proxy = arg;
    struct link *link = calloc(1, sizeof *link);
    (void)listener;
    (void)from;
    (void)len;
    if (!link)
        abort();
    link->proxy = proxy;
    link->client = bufferevent_socket_new(proxy->base, fd, BEV_OPT_CLOSE_ON_FREE);
    link->server = bufferevent_socket_new(proxy->base, -1, BEV_OPT_CLOSE_ON_FREE);
    DL_APPEND(proxy->links, link);
    bufferevent_setcb(link->client, on_client, NULL, on_end, link);
    bufferevent_setcb(link->server, on_server, NULL, on_end, link);
    bufferevent_enable(link->client, EV_READ | EV_WRITE);
    bufferevent_enable(link->server, EV_READ | EV_WRITE);
    bufferevent_socket_connect(link->server, (struct sockaddr *)&proxy->there, sizeof proxy->there);
}

static struct sockaddr_un address_of(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    return address;
}

struct proxy *proxy_create(struct event_base *base, const char *folder, const char *server)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);
    if (!proxy)
        abort();
    proxy->base = base;
    proxy->here = address_of(folder);
    proxy->there = address_of(server);
    proxy->listener = evconnlistener_new_bind(base, on_accept, proxy, LEV_OPT_CLOSE_ON_FREE, 16,
                                              (struct sockaddr *)&proxy->here, sizeof proxy->here);
    if (!proxy->listener)
        abort();
    return proxy;
}

void proxy_destroy(struct proxy *proxy)
{
    struct link *link, *next;
    DL_FOREACH_SAFE(proxy->links, link, next)
    end_link(link);
    evconnlistener_free(proxy->listener);
    (void)unlink(proxy->here.sun_path);
    free(proxy);
}

void proxy_lose_next_answer(struct proxy *proxy)
{
    proxy->losing = 1;
}

unsigned proxy_lost(const struct proxy *proxy)
{
    return proxy->lost;
}
