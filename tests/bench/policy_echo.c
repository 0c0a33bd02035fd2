// SPDX-License-Identifier: BSD-2-Clause
// The yardstick of tests/bench/policyd: a policy server that answers DUNNO without looking. Its cost is
// that of the kernel and the driver.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENTS = 64, REQUEST_MAX = 65536 };

static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, (socklen_t)sizeof address) != 0 || listen(fd, 1024) != 0)
        return -1;
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        abort();
}

static void answer(int fd)
{
    static const char reply[] = "action=DUNNO\n\n";
    static char buffer[REQUEST_MAX];
    const ssize_t got = read(fd, buffer, sizeof buffer);
    const bool whole = got >= 2 && memcmp(buffer + got - 2, "\n\n", 2) == 0;
    if (got <= 0 || (whole && write(fd, reply, sizeof reply - 1) < 0))
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const int listening = argc == 2 ? listen_on(argv[1]) : -1;
    if (epoll < 0 || listening < 0) {
        fprintf(stderr, "usage: policy_echo SOCKET\n");
        return EXIT_FAILURE;
    }
    watch(epoll, listening);
    for (;;) {
        const int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listening) {
                const int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
                if (fd >= 0)
                    watch(epoll, fd);
            } else {
                answer(events[i].data.fd);
            }
        }
    }
}
