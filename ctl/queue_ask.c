// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/queue_ask.h"

#include "wire/netstring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_SECONDS = 10, FIRST_BYTES = 65536 };

static int connect_to(const char *path, struct problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval wait = {.tv_sec = WAIT_SECONDS};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && slice_copy(slice_from(path), address.sun_path, sizeof address.sun_path) &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    problem_set(problem,
                "%s: %s; check that emailgency-queuewatch runs, and that this account may use its socket",
                path, strerrordesc_np(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool send_request(int fd, const struct queue_request *request)
{
    char text[QUEUE_REQUEST_MAX], all[QUEUE_REQUEST_MAX + NETSTRING_HEAD_MAX + 1];
    const size_t len = queue_request_format(request, text), head = netstring_head(len, all);
    memcpy(all + head, text, len);
    all[head + len] = ',';
    const size_t size = head + len + 1;
    return len > 0 && send(fd, all, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool grow(struct queue_answer *out, size_t *size)
{
    char *bytes = realloc(out->bytes, *size ? *size * 2 : FIRST_BYTES);
    if (!bytes)
        return false;
    out->bytes = bytes;
    *size = *size ? *size * 2 : FIRST_BYTES;
    return true;
}

static bool read_answer(int fd, struct queue_answer *out, struct problem *problem)
{
    size_t size = 0, used = 0, whole;
    enum netstring_rc rc = NETSTRING_MORE;
    while (rc == NETSTRING_MORE) {
        if (used == size && !grow(out, &size))
            return problem_set(problem, "out of memory");
        const ssize_t got = recv(fd, out->bytes + used, size - used, 0);
        if (got <= 0)
            return problem_set(problem, "emailgency-queuewatch does not answer: %s",
                               got == 0 ? "it closed the connection" : strerrordesc_np(errno));
        used += (size_t)got;
        rc = netstring_parse(slice_make(out->bytes, used), QUEUE_REPLY_MAX, &out->lines, &whole);
    }
    return rc == NETSTRING_OK || problem_set(problem, "the reply of emailgency-queuewatch is no netstring");
}

bool queue_ask(const char *socket, const struct queue_request *request, struct queue_answer *out,
               struct problem *problem)
{
    *out = (struct queue_answer){.bytes = NULL};
    const int fd = connect_to(socket, problem);
    if (fd < 0)
        return false;
    const bool done = send_request(fd, request)
                          ? read_answer(fd, out, problem)
                          : problem_set(problem, "emailgency-queuewatch takes no request");
    close(fd);
    return done;
}

void queue_answer_finish(struct queue_answer *answer)
{
    free(answer->bytes);
    answer->bytes = NULL;
}
