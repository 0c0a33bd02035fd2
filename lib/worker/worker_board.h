// SPDX-License-Identifier: BSD-2-Clause
// The descriptors that a worker inherits from its pool: WORKER_BOARD_FD, one shared page, and after it one
// SOCK_SEQPACKET socket per channel. A message on it is the number of the request, then the request or reply.
#ifndef WORKER_WORKER_BOARD_H
#define WORKER_WORKER_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#define WORKER_BOARD_FD 3
#define WORKER_CHANNEL_FD 4 // of the first channel
#define WORKER_CHANNELS_MAX 1024

// Untrusted: the pool only uses it to attribute a crash to a request.
struct worker_board {
    uint32_t channels;
    _Atomic uint32_t at_work; // on the request of this channel, the first is 1; 0: on none
};

#endif
