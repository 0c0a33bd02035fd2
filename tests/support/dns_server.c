// SPDX-License-Identifier: BSD-2-Clause
#include "dns_server.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned read_number(struct dns_server *server)
{
    char line[64];
    if (!fgets(line, sizeof line, server->from))
        fail("dns_server.py");
    return (unsigned)strtoul(line, NULL, 10);
}

static void run(const int in[2], const int out[2], unsigned port)
{
    char text[16];
    snprintf(text, sizeof text, "%u", port);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    execl("/usr/bin/python3", "python3", EMG_DNS_SERVER, text, (char *)NULL);
    fail("/usr/bin/python3");
}

void dns_server_start(struct dns_server *server, unsigned port)
{
    int in[2], out[2];
    if (pipe(in) < 0 || pipe(out) < 0)
        fail("pipe");
    fflush(NULL);
    server->pid = fork();
    if (server->pid < 0)
        fail("fork");
    if (server->pid == 0)
        run(in, out, port);
    close(in[0]);
    close(out[1]);
    server->to = fdopen(in[1], "w");
    server->from = fdopen(out[0], "r");
    server->port = read_number(server);
    snprintf(server->address, sizeof server->address, "127.0.0.1@%u", server->port);
}

void dns_server_stop(struct dns_server *server)
{
    fclose(server->to); // the end of its input ends it
    waitpid(server->pid, NULL, 0);
    fclose(server->from);
}

unsigned dns_server_tell(struct dns_server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(server->to, format, args);
    va_end(args);
    fputc('\n', server->to);
    fflush(server->to);
    return read_number(server);
}
