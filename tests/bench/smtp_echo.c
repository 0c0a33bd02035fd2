// SPDX-License-Identifier: BSD-2-Clause
// A mail server on all addresses of loopback that takes everything, for many sessions at once:
//   smtp_echo PORT
// With SIGUSR1 it refuses MAIL from then on at addresses below 127.9.0.0/16, as a customer's server that is
// broken; SIGUSR2 ends that.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FDS_MAX = 65536, EVENTS = 256, LINE_MAX_BYTES = 1024, BROKEN_NETWORK = 0x7f090000 };

struct session {
    size_t used;
    bool broken;
    char line[LINE_MAX_BYTES];
};

static struct session *sessions[FDS_MAX];
static volatile sig_atomic_t breaks;

static void on_signal(int number)
{
    breaks = number == SIGUSR1;
}

static void drop(int fd)
{
    free(sessions[fd]);
    sessions[fd] = NULL;
    close(fd);
}

static bool say(int fd, const char *text)
{
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

// Returns whether the session goes on.
static bool answer(int fd, const struct session *session)
{
    if (strncasecmp(session->line, "EHLO", 4) == 0)
        return say(fd, "250-mail.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n");
    if (strncasecmp(session->line, "QUIT", 4) == 0) {
        (void)!say(fd, "221 2.0.0 Bye\r\n");
        return false;
    }
    if (strncasecmp(session->line, "MAIL", 4) == 0 && session->broken && breaks)
        return say(fd, "550 5.3.0 broken\r\n");
    return say(fd, "250 2.0.0 Ok\r\n");
}

static bool take(int fd, struct session *session)
{
    const ssize_t got = read(fd, session->line + session->used, sizeof session->line - session->used - 1);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    session->used += (size_t)got;
    session->line[session->used] = '\0';
    for (char *end; (end = strchr(session->line, '\n'));) {
        if (!answer(fd, session))
            return false;
        session->used -= (size_t)(end + 1 - session->line);
        memmove(session->line, end + 1, session->used + 1);
    }
    return session->used + 1 < sizeof session->line;
}

static void accept_all(int poll_fd, int listener)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    socklen_t len = sizeof local;
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= FDS_MAX || !(sessions[fd] = calloc(1, sizeof **sessions))) {
            close(fd);
            continue;
        }
        len = sizeof local;
        if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
            sessions[fd]->broken = (ntohl(local.sin_addr.s_addr) & 0xffff0000) == BROKEN_NETWORK;
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0 || !say(fd, "220 mail.example ESMTP\r\n"))
            drop(fd);
    }
}

static int open_listener(const char *port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0) {
        perror("smtp_echo");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    if (argc != 2)
        return 64;
    const int listener = open_listener(argv[1]), poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    signal(SIGPIPE, SIG_IGN);
    puts("ready");
    fflush(stdout);
    for (;;) {
        const int count = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            const int fd = events[i].data.fd;
            if (fd == listener)
                accept_all(poll_fd, listener);
            else if (!take(fd, sessions[fd]))
                drop(fd);
        }
    }
}
