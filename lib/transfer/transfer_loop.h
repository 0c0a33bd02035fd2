// SPDX-License-Identifier: BSD-2-Clause
// libcurl's multi interface on libevent's loop (curl_multi_socket_action(3)).
#ifndef TRANSFER_TRANSFER_LOOP_H
#define TRANSFER_TRANSFER_LOOP_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>

struct transfer_loop {
    struct event_base *base;
    struct event *timer;
    CURLM *multi;
    void (*on_done)(CURL *easy, CURLcode rc); // the handle is out of `multi`; it may add and remove others
};

// Returns false if out of memory; transfer_loop_finish is due in either case.
bool transfer_loop_init(struct transfer_loop *loop, struct event_base *base,
                        void (*on_done)(CURL *easy, CURLcode rc));
void transfer_loop_finish(struct transfer_loop *loop);

#endif
