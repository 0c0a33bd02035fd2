// SPDX-License-Identifier: BSD-2-Clause
#include "io/socket_address.h"

#include <arpa/inet.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char unix_prefix[] = "unix:";

static bool parse_path(const char *path, struct socket_address *out, struct problem *problem)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&out->storage;
    if (path[0] != '/' || strlen(path) >= sizeof un->sun_path) {
        problem_set(problem, "a socket path is absolute and has at most %zu bytes, such as unix:/run/x.sock",
                    sizeof un->sun_path - 1);
        return false;
    }
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    out->len = (socklen_t)sizeof *un;
    return true;
}

static bool parse_port(const char *text, struct socket_address *out)
{
    int len = (int)out->len;
    const char *port = strrchr(text, ':');
    // libevent reads the port with atoi(3), and takes an address without one as port 0.
    if (!port || !port[1] || port[1 + strspn(port + 1, "0123456789")] ||
        evutil_parse_sockaddr_port(text, (struct sockaddr *)&out->storage, &len) != 0)
        return false;
    out->len = (socklen_t)len;
    return out->storage.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&out->storage)->sin6_port != 0
                                              : ((const struct sockaddr_in *)&out->storage)->sin_port != 0;
}

bool socket_address_parse(const char *text, struct socket_address *out, struct problem *problem)
{
    memset(out, 0, sizeof *out);
    out->len = (socklen_t)sizeof out->storage;
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0) {
        if (!parse_path(text + sizeof unix_prefix - 1, out, problem))
            return false;
    } else if (!parse_port(text, out)) {
        problem_set(problem, "\"%s\" is no address; write unix:/path, 127.0.0.1:port or [::1]:port", text);
        return false;
    }
    out->family = out->storage.ss_family;
    return true;
}

bool socket_address_local(const struct socket_address *address)
{
    if (address->family == AF_INET)
        return ntohl(((const struct sockaddr_in *)&address->storage)->sin_addr.s_addr) >> 24 == 127;
    if (address->family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&address->storage)->sin6_addr);
    return address->family == AF_UNIX;
}

const char *socket_address_path(const struct socket_address *address)
{
    return address->family == AF_UNIX ? ((const struct sockaddr_un *)&address->storage)->sun_path : NULL;
}

bool socket_address_ip(const struct sockaddr *address, struct ip *out)
{
    *out = (struct ip){.bits = 0};
    if (address && address->sa_family == AF_INET) {
        out->bits = 32;
        memcpy(out->bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address && address->sa_family == AF_INET6) {
        out->bits = 128;
        memcpy(out->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    }
    return out->bits > 0;
}
