// SPDX-License-Identifier: BSD-2-Clause
// What a pool hands down to its worker besides argv: as WORKER_BOARD_FD one page that both see, behind it one
// SOCK_SEQPACKET socket a channel. A message on it is the number of the request, then the request or reply.
#ifndef WORKER_WORKER_BOARD_H
#define WORKER_WORKER_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#define WORKER_BOARD_FD 3
#define WORKER_CHANNEL_FD 4 // of the first channel
#define WORKER_CHANNELS_MAX 1024

// The pool believes nothing of it but which request it calls lost.
struct worker_board {
    uint32_t channels;
    _Atomic uint32_t at_work; // on the request of this channel, the first is 1; 0: on none
};

#endif
