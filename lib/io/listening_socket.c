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

static bool fail(struct problem *problem)
{
    return problem_set(problem, "%s", strerror(errno));
}

// Removes the socket of a dead process from the path. Returns false with what else is there in `problem`.
static bool clear_path(const struct socket_address *address, struct problem *problem)
{
    const char *path = socket_address_path(address);
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || fail(problem);
    if (!S_ISSOCK(st.st_mode))
        return problem_set(problem, "there is a file that is no socket");
    if (answers(address))
        return problem_set(problem, "another process answers there; stop it first");
    return unlink(path) == 0 || errno == ENOENT || fail(problem);
}

// The daemon's account, which the process becomes later, can then replace what a killed process left.
bool listening_socket_grant(const struct listening_socket_spec *spec, const char *path,
                            struct problem *problem)
{
    const uid_t owner = geteuid() == 0 ? spec->owner : (uid_t)-1;
    const bool has_group = spec->group && *spec->group;
    const struct group *entry = has_group ? getgrnam(spec->group) : NULL;
    if (has_group && !entry)
        return problem_set(problem, "there is no group %s", spec->group);
    if (chown(path, owner, entry ? entry->gr_gid : (gid_t)-1) != 0)
        return problem_set(problem, "cannot give it to %s: %s", has_group ? spec->group : "its account",
                           strerror(errno));
    return chmod(path, spec->mode) == 0 || fail(problem);
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

static bool bind_path(struct listening_socket *out, const struct socket_address *address,
                      const struct listening_socket_spec *spec, struct problem *problem)
{
    const char *path = socket_address_path(address);
    if (!clear_path(address, problem))
        return false;
    // Until its group and mode are set, nobody else may connect.
    const mode_t mask = umask(0177);
    const int rc = bind(out->fd, (const struct sockaddr *)&address->storage, address->len);
    umask(mask);
    if (rc != 0)
        return fail(problem);
    remember_path(out, path);
    return listening_socket_grant(spec, path, problem);
}

static bool bind_port(int fd, const struct socket_address *address, struct problem *problem)
{
    const int one = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, (socklen_t)sizeof one);
    // Accepted sockets inherit it: a client whose host died is noticed, since no idle one is ever closed.
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, (socklen_t)sizeof one);
    return bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0 || fail(problem);
}

static bool open_socket(struct listening_socket *out, const struct socket_address *address,
                        const struct listening_socket_spec *spec, struct problem *problem)
{
    out->fd = find_inherited(address);
    if (out->fd >= 0)
        return evutil_make_socket_nonblocking(out->fd) == 0 || fail(problem);
    out->fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return fail(problem);
    const bool bound = socket_address_path(address) ? bind_path(out, address, spec, problem)
                                                    : bind_port(out->fd, address, problem);
    return bound && (listen(out->fd, BACKLOG) == 0 || fail(problem));
}

bool listening_socket_open(struct listening_socket *out, const struct listening_socket_spec *spec,
                           struct problem *problem)
{
    struct socket_address parsed;
    struct problem why;
    *out = (struct listening_socket){.fd = -1};
    if (!socket_address_parse(spec->address, &parsed, problem))
        return false;
    if (open_socket(out, &parsed, spec, &why))
        return true;
    listening_socket_close(out);
    return problem_set(problem, "cannot listen on %s: %s", spec->address, why.text);
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
