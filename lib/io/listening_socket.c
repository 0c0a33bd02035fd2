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
    struct socket_address have = {.len = (socklen_t)sizeof have.storage};
    if (getsockname(fd, (struct sockaddr *)&have.storage, &have.len) != 0 ||
        have.storage.ss_family != address->storage.ss_family)
        return false;
    const char *path = socket_address_path(address);
    if (path)
        return strcmp(path, ((const struct sockaddr_un *)&have.storage)->sun_path) == 0;
    return evutil_sockaddr_cmp((const struct sockaddr *)&have.storage,
                               (const struct sockaddr *)&address->storage, 1) == 0;
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

static bool answers(const struct socket_address *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const bool alive =
        connect(fd, (const struct sockaddr *)&address->storage, address->len) == 0 || errno == EAGAIN;
    close(fd);
    return alive;
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

static const char *bind_socket(int fd, const struct socket_address *address, const char *group, mode_t mode)
{
    const char *path = socket_address_path(address);
    const int one = 1;
    if (path && answers(address))
        return "another process answers there; stop it first";
    if (path && unlink(path) != 0 && errno != ENOENT)
        return strerror(errno);
    if (!path)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, (socklen_t)sizeof one);
    // Until its group and mode are set, nobody else may connect.
    const mode_t mask = umask(0177);
    const int rc = bind(fd, (const struct sockaddr *)&address->storage, address->len);
    umask(mask);
    if (rc != 0)
        return strerror(errno);
    const char *why = path ? set_owner(path, group, mode) : NULL;
    if (why)
        return why;
    return listen(fd, BACKLOG) == 0 ? NULL : strerror(errno);
}

static void remember_path(struct listening_socket *socket, const char *path)
{
    struct stat st;
    if (path && stat(path, &st) == 0) {
        socket->made_path = strdup(path);
        socket->made_dev = st.st_dev;
        socket->made_ino = st.st_ino;
    }
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
    const char *why = bind_socket(out->fd, address, group, mode);
    if (!why)
        remember_path(out, socket_address_path(address));
    return why;
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

// A successor may have put its own socket at the path by now; only ours is removed.
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
