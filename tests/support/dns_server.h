// SPDX-License-Identifier: BSD-2-Clause
// Runs dns_server.py for a test: a real server on a loopback port.
#ifndef UNIT_DNS_DNS_SERVER_H
#define UNIT_DNS_DNS_SERVER_H

#include <stdio.h>
#include <sys/types.h>

struct dns_server {
    pid_t pid;
    FILE *to, *from;
    unsigned port;
    char address[32]; // "127.0.0.1@port", as the resolver takes it
};

// `port` 0 takes a free one. All of them end the test where something fails.
void dns_server_start(struct dns_server *server, unsigned port);
void dns_server_stop(struct dns_server *server);

// Sends a command of dns_server.py and waits until it is in force; returns the number it answered, or 0.
unsigned dns_server_tell(struct dns_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
