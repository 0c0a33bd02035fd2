// SPDX-License-Identifier: BSD-2-Clause
// One worker process as its pool sees it. The lock is the pool's.
#ifndef WORKER_WORKER_PROCESS_H
#define WORKER_WORKER_PROCESS_H

#include "worker/worker_board.h"

#include <stdbool.h>
#include <sys/types.h>

struct worker_channel {
    int fd;
    uint64_t sequence; // of the last request; used by the call that has taken the channel
};

struct worker_process {
    pid_t pid;
    int pidfd;
    struct worker_board *board;
    int64_t started; // clock_mono_ms

    // Under the pool's lock:
    unsigned holders; // calls that have a channel, and the pool
    bool gone;        // ended or to be ended: no call takes a channel any more
    bool replied;
    unsigned free_count;
    unsigned *free; // channels that no call has taken; the last is taken first

    unsigned channel_count;
    struct worker_channel channels[];
};

// Starts a process. Returns NULL with the reason in errno.
struct worker_process *worker_process_start(const char *const *argv, unsigned channels);

void worker_process_kill(const struct worker_process *process);

// Closes the channels, on which a worker ends.
void worker_process_hang_up(struct worker_process *process);

// Waits at most `ms` for its end and takes its status. Returns false if it still runs.
struct worker_end {
    bool signalled;
    int number; // of the signal, or the exit status
};
bool worker_process_wait(const struct worker_process *process, int ms, struct worker_end *out)
    __attribute__((warn_unused_result));

// Once it has ended. NULL is allowed.
void worker_process_destroy(struct worker_process *process);

#endif
