// SPDX-License-Identifier: BSD-2-Clause
#include "worker/worker_serve.h"

#include "worker/worker_board.h"
#include "worker/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WATCH_EVERY_S 1
#define WATCH_CPU_S 2

struct channel {
    struct worker_serve *serve;
    struct event *readable;
    uint64_t sequence; // of the request in flight
    unsigned number;
    int fd;
    bool under_way;
};

struct worker_serve {
    struct event_base *base;
    struct event *watch;
    worker_serve_request on_request;
    void *arg;
    struct worker_board *board;
    unsigned channel_count;
    struct channel *channels;
    char request[WORKER_REQUEST_MAX];
};

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct channel *channel = arg;
    struct worker_serve *serve = channel->serve;
    uint64_t sequence;
    struct iovec parts[] = {{&sequence, sizeof sequence}, {serve->request, sizeof serve->request}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    (void)what;
    ssize_t len = recvmsg(fd, &message, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < (ssize_t)sizeof sequence) { // the pool has gone
        event_base_loopbreak(serve->base);
        return;
    }
    channel->sequence = sequence;
    channel->under_way = true;
    worker_serve_begin(serve, channel->number);
    serve->on_request(channel->number, slice_make(serve->request, (size_t)len - sizeof sequence), serve->arg);
    worker_serve_end(serve);
}

void worker_serve_reply(struct worker_serve *serve, unsigned channel, struct slice reply)
{
    struct channel *to = &serve->channels[channel];
    struct iovec parts[] = {{&to->sequence, sizeof to->sequence}, {(char *)reply.ptr, reply.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (!to->under_way)
        return;
    to->under_way = false;
    // It fails where the pool has gone, which is seen by the next read.
    while (sendmsg(to->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

void worker_serve_begin(struct worker_serve *serve, unsigned channel)
{
    atomic_store_explicit(&serve->board->at_work, channel + 1, memory_order_release);
}

void worker_serve_end(struct worker_serve *serve)
{
    atomic_store_explicit(&serve->board->at_work, 0, memory_order_release);
}

unsigned worker_serve_channels(const struct worker_serve *serve)
{
    return serve->channel_count;
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    const struct itimerval left = {.it_value = {.tv_sec = WATCH_CPU_S}};
    (void)fd, (void)what, (void)arg;
    (void)setitimer(ITIMER_PROF, &left, NULL);
}

void worker_serve_watch(struct worker_serve *serve)
{
    const struct timeval every = {.tv_sec = WATCH_EVERY_S};
    (void)event_add(serve->watch, &every);
    on_watch(-1, 0, serve);
}

static bool take_board(struct worker_serve *serve)
{
    void *page = mmap(NULL, sizeof *serve->board, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_BOARD_FD, 0);
    if (page == MAP_FAILED)
        return false;
    close(WORKER_BOARD_FD);
    serve->board = page;
    serve->channel_count = serve->board->channels;
    return serve->channel_count > 0 && serve->channel_count <= WORKER_CHANNELS_MAX;
}

static bool take_channel(struct worker_serve *serve, unsigned number)
{
    struct channel *channel = &serve->channels[number];
    int fd = WORKER_CHANNEL_FD + (int)number;
    *channel = (struct channel){.serve = serve, .number = number, .fd = fd};
    channel->readable = event_new(serve->base, fd, EV_READ | EV_PERSIST, on_readable, channel);
    return channel->readable && event_add(channel->readable, NULL) == 0;
}

static bool take_over(struct worker_serve *serve)
{
    if (!take_board(serve))
        return false;
    serve->channels = calloc(serve->channel_count, sizeof *serve->channels);
    serve->watch = event_new(serve->base, -1, EV_PERSIST, on_watch, serve);
    bool taken = serve->channels && serve->watch;
    for (unsigned i = 0; i < serve->channel_count && taken; i++)
        taken = take_channel(serve, i);
    return taken;
}

struct worker_serve *worker_serve_create(struct event_base *base, worker_serve_request on_request, void *arg,
                                         struct problem *problem)
{
    struct worker_serve *serve = calloc(1, sizeof *serve);
    if (serve) {
        serve->base = base;
        serve->on_request = on_request;
        serve->arg = arg;
    }
    if (!serve || !take_over(serve)) {
        problem_set(problem, "it is started by emailgency-milter and emailgencyctl, not by hand");
        worker_serve_destroy(serve);
        return NULL;
    }
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    return serve;
}

void worker_serve_destroy(struct worker_serve *serve)
{
    if (!serve)
        return;
    for (unsigned i = 0; i < serve->channel_count && serve->channels; i++)
        if (serve->channels[i].readable)
            event_free(serve->channels[i].readable);
    if (serve->watch)
        event_free(serve->watch);
    if (serve->board)
        munmap(serve->board, sizeof *serve->board);
    free(serve->channels);
    free(serve);
}
