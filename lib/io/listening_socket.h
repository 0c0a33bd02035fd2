// SPDX-License-Identifier: BSD-2-Clause
// The socket under a listener: made here, or passed in by systemd (sd_listen_fds(3)) under the same address.
#ifndef IO_LISTENING_SOCKET_H
#define IO_LISTENING_SOCKET_H

#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct listening_socket {
    int fd;
    char *made_path; // of a Unix socket that was made here: it is to be removed
    dev_t made_dev;
    ino_t made_ino;
};

struct listening_socket_spec {
    const char *address; // as in socket_address.h
    const char *group;   // of a Unix socket; NULL or "" leaves it
    mode_t mode;         // of a Unix socket
    uid_t owner;         // of a Unix socket that root makes
};

// A Unix socket left over by a dead process is replaced; one that a live process answers on, and a file that
// is no socket, is refused and left as it is. Returns false with a human-readable message in `problem`.
bool listening_socket_open(struct listening_socket *out, const struct listening_socket_spec *spec,
                           struct problem *problem) __attribute__((warn_unused_result));

// Gives a Unix socket to `owner`, if this process is root's, and to `group`, and sets its mode. Likewise.
bool listening_socket_grant(const struct listening_socket_spec *spec, const char *path,
                            struct problem *problem) __attribute__((warn_unused_result));

// Closes it and removes what was made.
void listening_socket_close(struct listening_socket *socket);

#endif
