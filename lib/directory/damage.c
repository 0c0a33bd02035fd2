// SPDX-License-Identifier: BSD-2-Clause
#include "directory/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The format of LMDB 0.9 data files with 64-bit words (MDB_page, MDB_meta and MDB_db of its mdb.c), in the
// byte order of the machine.
enum {
    PAGE_FLAGS = 10, // u16
    PAGE_META = 0x08,
    META_MAGIC = 16,     // u32
    META_VERSION = 20,   // u32
    META_PAGE_SIZE = 40, // u32: md_pad of the free list's tree
    META_TREES = 40,     // two: the free list's, and that of the tables
    META_LAST_PAGE = 136,
    META_TXN = 144,
    META_END = 152,
    TREE_BYTES = 48,
    TREE_DEPTH = 6, // u16
    TREE_ROOT = 40,
    DEPTH_MAX = 32, // CURSOR_STACK
    PAGE_MIN = 256,
    PAGE_MAX = 65536,
};

#define MAGIC 0xBEEFC0DEU
#define VERSION 1U
#define NO_ROOT UINT64_MAX

static uint64_t number(const unsigned char *at, size_t bytes)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    if (bytes == sizeof two)
        return memcpy(&two, at, bytes), two;
    if (bytes == sizeof four)
        return memcpy(&four, at, bytes), four;
    return memcpy(&eight, at, sizeof eight), eight;
}

static enum damage_rc found(struct problem *reason, const char *what)
{
    problem_set(reason, "%s", what);
    return DAMAGE_FOUND;
}

static bool is_meta(const unsigned char *page)
{
    return (number(page + PAGE_FLAGS, 2) & PAGE_META) && number(page + META_MAGIC, 4) == MAGIC &&
           number(page + META_VERSION, 4) == VERSION;
}

static bool tree_fits(const unsigned char *tree, uint64_t last_page)
{
    uint64_t root = number(tree + TREE_ROOT, 8), depth = number(tree + TREE_DEPTH, 2);
    if (root == NO_ROOT)
        return depth == 0;
    return depth > 0 && depth <= DEPTH_MAX && root >= 2 && root <= last_page;
}

static enum damage_rc in_meta(const unsigned char *meta, uint64_t page_size, uint64_t size,
                              struct problem *reason)
{
    const uint64_t last_page = number(meta + META_LAST_PAGE, 8);
    if (last_page < 1 || last_page >= UINT64_MAX / PAGE_MAX)
        return found(reason, "its meta page names an impossible last page");
    if (!tree_fits(meta + META_TREES, last_page) || !tree_fits(meta + META_TREES + TREE_BYTES, last_page))
        return found(reason, "its meta page names an impossible root");
    const unsigned long long needed = (last_page + 1) * page_size;
    if (needed <= size)
        return DAMAGE_NONE;
    problem_set(reason, "it has %llu bytes of %llu", (unsigned long long)size, needed);
    return DAMAGE_SHORT;
}

enum damage_rc damage_in_head(const unsigned char *head, size_t len, uint64_t size, struct problem *reason)
{
    const unsigned char *second;
    reason->text[0] = '\0';
    if (size == 0 || sizeof(size_t) != sizeof(uint64_t))
        return DAMAGE_NONE;
    if (len < META_END || !is_meta(head))
        return found(reason, "its first meta page is invalid");
    const uint64_t page_size = number(head + META_PAGE_SIZE, 4);
    if (page_size < PAGE_MIN || page_size > PAGE_MAX || (page_size & (page_size - 1)) != 0)
        return found(reason, "its meta page names an impossible page size");
    second = head + page_size;
    if (len < page_size + META_END || !is_meta(second))
        return found(reason, "its second meta page is invalid");
    if (number(second + META_PAGE_SIZE, 4) != page_size)
        return found(reason, "its meta pages differ in the page size");
    // LMDB takes the younger one.
    if (number(head + META_TXN, 8) < number(second + META_TXN, 8))
        head = second;
    return in_meta(head, page_size, size, reason);
}

static enum damage_rc look_once(int fd, struct problem *reason)
{
    unsigned char *head = malloc(DAMAGE_HEAD_MAX);
    enum damage_rc rc = DAMAGE_UNKNOWN;
    struct stat data;
    problem_set(reason, "out of memory");
    if (!head)
        return rc;
    const ssize_t len = pread(fd, head, DAMAGE_HEAD_MAX, 0);
    // The size comes last: a writer extends the file before it writes a meta page.
    if (len < 0 || fstat(fd, &data) != 0)
        problem_set(reason, "%s", strerror(errno));
    else
        rc = damage_in_head(head, (size_t)len, (uint64_t)data.st_size, reason);
    free(head);
    return rc;
}

enum damage_rc damage_look(const char *path, struct problem *reason)
{
    enum damage_rc rc = DAMAGE_UNKNOWN;
    char file[4096];
    int fd = -1;
    if ((size_t)snprintf(file, sizeof file, "%s/data.mdb", path) < sizeof file)
        fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        problem_set(reason, "%s", strerror(errno));
        return errno == ENOENT ? DAMAGE_NO_FILE : DAMAGE_UNKNOWN;
    }
    // A meta page that is being written may be seen half.
    for (int tries = 0; tries < 3; tries++) {
        rc = look_once(fd, reason);
        if (rc != DAMAGE_FOUND && rc != DAMAGE_SHORT)
            break;
    }
    close(fd);
    return rc;
}
