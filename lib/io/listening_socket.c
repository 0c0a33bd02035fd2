// SPDX-License-Identifier: BSD-2-Clause
#include "io/listening_socket.h"

#include "io/socket_address.h"

#include <errno.h>
#include <event2/util.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool inherited(int fd, const struct socket_address *address)
{
    const char *path = socket_address_path(address);
    if (path)
        return sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) > 0;
    return sd_is_socket_sockaddr(fd, SOCK_STREAM, (const struct sockaddr *)&address->storage, address->len,
                                 1) > 0;
}

// The descriptor that systemd passed for this address, or -1.
static int find_inherited(const struct socket_address *address)
{
    const int count = sd_listen_fds(0);
    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++)
        if (inherited(fd, address))
            return fd;
    return -1;
}

// Whether a process listens there. Only a refusal proves that none does: a full backlog is EAGAIN, another
// user's socket EACCES.
static bool answers(const struct socket_address *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    const bool dead =
        connect(fd, (const struct sockaddr *)&address->storage, address->len) != 0 && errno == ECONNREFUSED;
    close(fd);
    return !dead;
}

// Makes way for a new socket at the path. Returns NULL or what is there.
static const char *clear_path(const struct socket_address *address)
{
    const char *path = socket_address_path(address);
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(st.st_mode))
        return "there is a file that is no socket";
    if (answers(address))
        return "another process answers there; stop it first";
    return unlink(path) == 0 || errno == ENOENT ? NULL : strerror(errno);
}

static const char *set_owner(const char *path, const char *group, mode_t mode)
{
    if (group && *group) {
        const struct group *entry = getgrnam(group);
        if (!entry)
            return "there is no such group";
        if (chown(path, (uid_t)-1, entry->gr_gid) != 0)
            return strerror(errno);
    }
    return chmod(path, mode) == 0 ? NULL : strerror(errno);
}

static void remember_path(struct listening_socket *socket, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return;
    socket->made_path = strdup(path);
    socket->made_dev = st.st_dev;
    socket->made_ino = st.st_ino;
}

static const char *bind_path(struct listening_socket *out, const struct socket_address *address,
                             const char *group, mode_t mode)
{
    const char *path = socket_address_path(address);
    const char *why = clear_path(address);
    if (why)
        return why;
    // Until its group and mode are set, nobody else may connect.
    const mode_t mask = umask(0177);
    const int rc = bind(out->fd, (const struct sockaddr *)&address->storage, address->len);
    umask(mask);
    if (rc != 0)
        return strerror(errno);
    remember_path(out, path);
    return set_owner(path, group, mode);
}

static const char *bind_port(int fd, const struct socket_address *address)
{
    const int one = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, (socklen_t)sizeof one);
    // Accepted sockets take it over: a client whose host died is noticed, since no idle one is ever closed.
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, (socklen_t)sizeof one);
    return bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0 ? NULL : strerror(errno);
}

static const char *open_socket(struct listening_socket *out, const struct socket_address *address,
                               const char *group, mode_t mode)
{
    out->fd = find_inherited(address);
    if (out->fd >= 0)
        return evutil_make_socket_nonblocking(out->fd) == 0 ? NULL : strerror(errno);
    out->fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return strerror(errno);
    const char *why =
        socket_address_path(address) ? bind_path(out, address, group, mode) : bind_port(out->fd, address);
    if (why)
        return why;
    return listen(out->fd, BACKLOG) == 0 ? NULL : strerror(errno);
}

bool listening_socket_open(struct listening_socket *out, const char *address, const char *group, mode_t mode,
                           char *problem, size_t size)
{
    struct socket_address parsed;
    *out = (struct listening_socket){.fd = -1};
    if (!socket_address_parse(address, &parsed, problem, size))
        return false;
    const char *why = open_socket(out, &parsed, group, mode);
    if (!why)
        return true;
    snprintf(problem, size, "cannot listen on %s: %s", address, why);
    listening_socket_close(out);
    return false;
}

// A successor may have put its own socket at the path by now; only the one made here is removed.
static void remove_path(const struct listening_socket *socket)
{
    struct stat st;
    if (stat(socket->made_path, &st) == 0 && st.st_dev == socket->made_dev && st.st_ino == socket->made_ino)
        (void)unlink(socket->made_path);
}

void listening_socket_close(struct listening_socket *socket)
{
    if (socket->made_path)
        remove_path(socket);
    free(socket->made_path);
    socket->made_path = NULL;
    if (socket->fd >= 0)
        close(socket->fd);
    socket->fd = -1;
}
