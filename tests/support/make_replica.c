// SPDX-License-Identifier: BSD-2-Clause
// Makes a replica from rows on standard input, in the form of rows.h: make_replica FOLDER [DOMAIN TRANSPORT]
// With a domain its row gets that transport, unchecked: a value that both the database and the replicator
// refuse.
#include "rows.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#define MAP_SIZE ((size_t)64 << 20)

static void break_transport(const char *path, const char *domain, const char *transport)
{
    union schema_row row = {.domain = {.name = slice_from(domain),
                                       .plan = SLICE("basic"),
                                       .alternate_name = SLICE(""),
                                       .transport = slice_from(transport)}};
    struct problem problem;
    struct replica_writer *writer;
    if (replica_writer_create(path, MAP_SIZE, &writer, &problem) != REPLICA_WRITER_OK)
        errx(1, "%s", problem.text);
    if (replica_writer_begin(writer) == REPLICA_WRITER_OK)
        replica_writer_put(writer, DIRECTORY_DOMAIN, &row);
    if (replica_writer_commit(writer) != REPLICA_WRITER_OK)
        errx(1, "%s", replica_writer_problem(writer));
    replica_writer_destroy(writer);
}

int main(int argc, char **argv)
{
    char *text = NULL;
    struct problem problem;
    size_t size = 0;
    if (argc != 2 && argc != 4)
        errx(2, "usage: make_replica FOLDER [DOMAIN TRANSPORT] <ROWS");
    if (getdelim(&text, &size, '\0', stdin) < 0)
        err(1, "standard input");
    if (!rows_load(argv[1], text, &problem))
        errx(1, "%s", problem.text);
    free(text);
    if (argc == 4)
        break_transport(argv[1], argv[2], argv[3]);
    return 0;
}
