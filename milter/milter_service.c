// SPDX-License-Identifier: BSD-2-Clause
#include "milter/milter_service.h"

#include "daemon/daemon.h"
#include "io/listening_socket.h"
#include "io/socket_address.h"
#include "milter/callbacks.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_S = 7210 }; // Postfix gives a client 300 s for a command; libmilter's own default

// ThreadSanitizer has 768 KiB of thread-local data, which glibc takes from the stack: with 256 KiB left the
// process dies without a message.
#if defined __has_feature
#if __has_feature(thread_sanitizer)
#define SANITIZED_THREADS 1
#endif
#endif
#if defined __SANITIZE_THREAD__ || defined SANITIZED_THREADS
enum { STACK_SIZE = 8388608 };
#else
enum { STACK_SIZE = 1048576 };
#endif

static char connection[256];
static struct socket_address own_address;
static pthread_t server;
static bool serving;
static atomic_bool served;
static void (*on_end)(bool failed);

// libmilter writes a TCP address the other way round.
static void write_connection(const char *address)
{
    const char *colon = strchr(address, ':');
    if (strncmp(address, "unix:", 5) == 0)
        snprintf(connection, sizeof connection, "%s", address);
    else
        snprintf(connection, sizeof connection, "inet:%s@%.*s", colon + 1, (int)(colon - address), address);
}

bool milter_service_open(const struct listen_conf *listening, struct problem *problem)
{
    struct problem why;
    if (!socket_address_parse(listening->address, &own_address, problem))
        return false;
    write_connection(listening->address);
    const mode_t old = umask(0177); // nobody else may connect until it has its group and mode
    const bool open = smfi_setconn(connection) == MI_SUCCESS && smfi_settimeout(IDLE_S) == MI_SUCCESS &&
                      smfi_register(callbacks_table()) == MI_SUCCESS && smfi_opensocket(true) == MI_SUCCESS;
    umask(old);
    if (!open)
        return problem_set(problem, "cannot listen on %s: %s", listening->address, strerror(errno));
    const char *path = socket_address_path(&own_address);
    const struct listening_socket_spec socket = {.address = listening->address,
                                                 .group = listening->group,
                                                 .mode = option_mode(listening->mode),
                                                 .owner = daemon_owner()};
    return !path || listening_socket_grant(&socket, path, &why) ||
           problem_set(problem, "cannot listen on %s: %s", listening->address, why.text);
}

static void *serve(void *arg)
{
    (void)arg;
    const bool failed = smfi_main() != MI_SUCCESS;
    atomic_store(&served, true);
    on_end(failed);
    return NULL;
}

// libmilter makes and ends threads all the time. glibc keeps the stacks of those that ended for the next
// ones, but 40 MB of them at most: five of the usual size.
static void keep_stacks_small(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0)
        (void)pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

// libmilter waits for the signals that end a process in a thread of its own. They are the loop's: the kernel
// gives a signal to the main thread, which does not block it, before any other. One that comes just before
// that thread waits may be its, though.
bool milter_service_start(void (*ended)(bool failed), struct problem *problem)
{
    sigset_t all, old;
    on_end = ended;
    keep_stacks_small();
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    const int failed = pthread_create(&server, NULL, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    serving = failed == 0;
    return serving || problem_set(problem, "cannot start a thread: %s", strerror(failed));
}

// libmilter holds a lock while it waits, up to five seconds, for the next connection; so does smfi_stop()
// then.
static void wake(void)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    const int fd = socket(own_address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        (void)connect(fd, (const struct sockaddr *)&own_address.storage, own_address.len);
        close(fd);
    }
    nanosleep(&pause, NULL);
}

static void *stop(void *arg)
{
    (void)arg;
    (void)smfi_stop();
    return NULL;
}

void milter_service_stop(void)
{
    pthread_t stopper;
    if (!serving)
        return;
    serving = false;
    const bool stopping = pthread_create(&stopper, NULL, stop, NULL) == 0;
    while (stopping && !atomic_load(&served))
        wake();
    if (!stopping)
        return; // without a thread to spare the process just ends
    pthread_join(stopper, NULL);
    pthread_join(server, NULL);
}
