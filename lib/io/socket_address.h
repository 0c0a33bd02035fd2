// SPDX-License-Identifier: BSD-2-Clause
// Socket addresses as a configuration has them: "unix:/absolute/path", "127.0.0.1:port", "[::1]:port".
#ifndef IO_SOCKET_ADDRESS_H
#define IO_SOCKET_ADDRESS_H

#include "base/cidr.h"
#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct socket_address {
    struct sockaddr_storage storage;
    socklen_t len;
    int family;
};

// Returns false with what is wrong and a right one in `problem`.
bool socket_address_parse(const char *text, struct socket_address *out, struct problem *problem)
    __attribute__((warn_unused_result));

// A Unix socket, 127.0.0.0/8 or ::1.
bool socket_address_local(const struct socket_address *address);

// The path of a Unix socket, else NULL.
const char *socket_address_path(const struct socket_address *address);

// The address of an AF_INET or AF_INET6 socket address, without its port. False for another family, and NULL.
bool socket_address_ip(const struct sockaddr *address, struct ip *out) __attribute__((warn_unused_result));

#endif
