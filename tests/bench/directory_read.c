// SPDX-License-Identifier: BSD-2-Clause
// The reading side of tests/bench/directory.
//   directory_read touch FOLDER DOMAINS MAILBOXES    looks everything up once; prints rows, seconds, memory
//   directory_read random FOLDER DOMAINS MAILBOXES   random look-ups for three seconds, a snapshot each
//   directory_read watch FOLDER ADDRESS              prints each new quota of a mailbox with the time
// The rows are d0.example … and u0@d0.example, u1@d1.example …, domains taken in turn.
#include "base/clock.h"
#include "directory/directory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RANDOM_US 3000000
#define WATCH_US 500

static struct directory *directory;
static const struct directory_snapshot *rows;
static long domains, mailboxes;

static void begin(void)
{
    if (directory_begin(directory, &rows) != DIRECTORY_OK) {
        fprintf(stderr, "%s\n", directory_problem(directory));
        exit(69);
    }
}

static bool find_domain(long number)
{
    struct domain_row row;
    char name[64];

    snprintf(name, sizeof(name), "d%ld.example", number);
    return directory_domain_of(rows, slice_from(name), &row) == DIRECTORY_OK;
}

static bool find_mailbox(long number)
{
    struct mailbox_row row;
    char address[64];

    snprintf(address, sizeof(address), "u%ld@d%ld.example", number, number % domains);
    return directory_mailbox(rows, slice_from(address), &row) == DIRECTORY_OK;
}

// Sums Private_Clean and Private_Dirty of this process, in KiB: of the replica's file, and of all else. Pages
// of the file are the page cache's, one copy for all processes; the kernel calls those private that nobody
// else has mapped at the moment.
static void print_memory(void)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    unsigned long file = 0, other = 0, kib;
    bool is_file = false;
    char line[512];

    while (smaps && fgets(line, sizeof(line), smaps)) {
        if (sscanf(line, "Private_Clean: %lu", &kib) == 1 || sscanf(line, "Private_Dirty: %lu", &kib) == 1)
            *(is_file ? &file : &other) += kib;
        else if (strchr("0123456789abcdef", line[0])) // the head of a mapping: its addresses
            is_file = strstr(line, "/data.mdb") != NULL;
    }
    if (smaps)
        fclose(smaps);
    printf("private_kib %lu\nfile_kib %lu\n", other, file);
}

static void touch(void)
{
    int64_t started = clock_mono_us();
    long found = 0;

    begin();
    for (long i = 0; i < domains; i++)
        found += find_domain(i);
    for (long i = 0; i < mailboxes; i++)
        found += find_mailbox(i);
    printf("found %ld\nseconds %.3f\n", found, (double)(clock_mono_us() - started) / 1e6);
    print_memory();
    directory_end(directory);
}

static void look_up_at_random(void)
{
    int64_t started = clock_mono_us(), now = started;
    long done = 0, found = 0;

    while (now - started < RANDOM_US) {
        for (int i = 0; i < 500; i++, done += 2) {
            begin();
            found += find_domain(random() % domains);
            found += find_mailbox(random() % mailboxes);
            directory_end(directory);
        }
        now = clock_mono_us();
    }
    printf("found %ld\nlookups_per_second %.0f\n", found, (double)done / ((double)(now - started) / 1e6));
}

static void watch(const char *address)
{
    struct mailbox_row row;
    int64_t last = -1;
    struct timespec now;

    for (;; usleep(WATCH_US)) {
        begin();
        if (directory_mailbox(rows, slice_from(address), &row) == DIRECTORY_OK && row.quota != last) {
            last = row.quota;
            clock_gettime(CLOCK_MONOTONIC, &now);
            printf("%" PRId64 " %" PRId64 "\n", last, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
            fflush(stdout);
        }
        directory_end(directory);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: directory_read touch|random|watch FOLDER ...\n");
        return 64;
    }
    directory = directory_create(argv[2]);
    if (!directory)
        return 71;
    if (strcmp(argv[1], "watch") == 0)
        watch(argv[3]);
    domains = strtol(argv[3], NULL, 10);
    mailboxes = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    if (strcmp(argv[1], "touch") == 0)
        touch();
    else
        look_up_at_random();
    directory_destroy(directory);
    return 0;
}
