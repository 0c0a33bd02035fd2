// SPDX-License-Identifier: BSD-2-Clause
// The list is what libevent, libunbound, malloc and the log use once they are set up; none of it opens or
// finds a file, starts a process or reaches another one.
#include "spfworker/system_calls.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const int plain[] = {
    // descriptors that are there
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    // sockets
    SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
    SCMP_SYS(shutdown),
    // the loop
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait), SCMP_SYS(poll), SCMP_SYS(ppoll),
    // memory
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
    // time and chance
    SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(gettimeofday), SCMP_SYS(setitimer),
    // itself
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack),
    SCMP_SYS(uname), // libspf2 asks for the host name
};

static struct scmp_arg_cmp is(unsigned argument, int value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)value};
}

// The bits of `mask` are those of `value`.
static struct scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t mask, int value)
{
    return (struct scmp_arg_cmp){
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = (scmp_datum_t)value};
}

static bool allow_plain(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain[i], 0) != 0)
            return false;
    return true;
}

static bool allow_with(scmp_filter_ctx filter, int call, struct scmp_arg_cmp argument)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, argument) == 0;
}

// UDP and TCP; SOCK_CLOEXEC and SOCK_NONBLOCK may be set as well.
static bool allow_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    const scmp_datum_t type_bits = ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (size_t i = 0; i < 4; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, is(0, families[i / 2]),
                             has_bits(1, type_bits, types[i % 2])) != 0)
            return false;
    return true;
}

// Memory that cannot be executed.
static bool allow_memory(scmp_filter_ctx filter)
{
    return allow_with(filter, SCMP_SYS(mmap), has_bits(2, PROT_EXEC, 0)) &&
           allow_with(filter, SCMP_SYS(mprotect), has_bits(2, PROT_EXEC, 0));
}

static bool allow_descriptor_flags(scmp_filter_ctx filter)
{
    static const int commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!allow_with(filter, SCMP_SYS(fcntl), is(1, commands[i])))
            return false;
    return allow_with(filter, SCMP_SYS(ioctl), is(1, FIONBIO)) &&
           allow_with(filter, SCMP_SYS(ioctl), is(1, FIONREAD));
}

// abort() signals its own process, and no other.
static bool allow_abort(scmp_filter_ctx filter)
{
    return allow_with(filter, SCMP_SYS(tgkill), is(0, getpid()));
}

bool system_calls_restrict(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    bool done = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && allow_plain(filter) &&
                allow_sockets(filter) && allow_memory(filter) && allow_descriptor_flags(filter) &&
                allow_abort(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}
