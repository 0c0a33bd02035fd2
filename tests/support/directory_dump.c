// SPDX-License-Identifier: BSD-2-Clause
// For tests: prints a replica as lines of rows.h, or holds a snapshot of it until killed, or until SIGUSR1,
// and then prints it.
//   directory_dump FOLDER
//   directory_dump --hold FOLDER
#include "directory/replica.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void print_field(const struct schema_field *field, const char *at)
{
    struct slice text;
    int64_t number;
    int word;

    printf(" %s=", field->column);
    switch (field->type) {
    case SCHEMA_TEXT:
        memcpy(&text, at, sizeof(text));
        printf("%.*s", (int)text.len, text.ptr);
        return;
    case SCHEMA_BOOL:
        printf("%s", *at ? "true" : "false");
        return;
    case SCHEMA_NUMBER:
        memcpy(&number, at, sizeof(number));
        printf("%" PRId64, number);
        return;
    case SCHEMA_WORD:
        memcpy(&word, at, sizeof(word));
        printf("%s", field->words[word]);
        return;
    }
}

static bool print_row(enum directory_kind kind, struct slice key, struct slice value)
{
    const struct schema_kind *table = &schema_kinds[kind];
    union schema_row row;

    if (!row_decode(kind, key, value, &row)) {
        fprintf(stderr, "a row of kind %s cannot be decoded\n", table->name);
        return false;
    }
    printf("%s", table->name);
    for (size_t i = 0; i < table->field_count; i++)
        print_field(&table->fields[i], (const char *)&row + table->fields[i].offset);
    printf("\n");
    return true;
}

static bool print_kind(struct replica *replica, enum directory_kind kind)
{
    MDB_cursor *cursor = replica_cursor(replica, kind);
    MDB_cursor_op step = MDB_FIRST;
    MDB_val key, value;

    while (mdb_cursor_get(cursor, &key, &value, step) == 0) {
        if (!print_row(kind, layout_slice(key), layout_slice(value)))
            return false;
        step = MDB_NEXT;
    }
    return true;
}

// The entries of a derived table, as many as there should be.
static void print_derived(struct replica *replica, unsigned table)
{
    MDB_cursor *cursor = replica_cursor(replica, table);
    MDB_cursor_op step = MDB_FIRST;
    MDB_val key, value;

    while (mdb_cursor_get(cursor, &key, &value, step) == 0) {
        printf("%s %.*s %.*s\n", layout_table_name(table), (int)strnlen(key.mv_data, key.mv_size),
               (char *)key.mv_data, (int)value.mv_size, (char *)value.mv_data);
        step = MDB_NEXT;
    }
}

static bool print_replica(struct replica *replica)
{
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        if (!print_kind(replica, (enum directory_kind)kind))
            return false;
    }
    for (unsigned table = LAYOUT_NAME; table < LAYOUT_TABLES; table++)
        print_derived(replica, table);
    return true;
}

static void wait_for_signal(void)
{
    sigset_t waited;
    int number;

    sigemptyset(&waited);
    sigaddset(&waited, SIGUSR1);
    sigprocmask(SIG_BLOCK, &waited, NULL);
    printf("held\n");
    fflush(stdout);
    sigwait(&waited, &number);
}

int main(int argc, char **argv)
{
    bool hold = argc == 3 && strcmp(argv[1], "--hold") == 0;
    struct problem problem;
    struct replica *replica;
    bool done;

    if (argc != 2 && !hold) {
        fprintf(stderr, "usage: directory_dump [--hold] FOLDER\n");
        return 64;
    }
    replica = replica_open(argv[argc - 1], &problem);
    if (!replica || !replica_take(replica, &problem)) {
        fprintf(stderr, "%s\n", problem.text);
        replica_close(replica);
        return 69;
    }
    if (hold) {
        wait_for_signal();
    }
    done = print_replica(replica);
    replica_release(replica);
    replica_close(replica);
    return done ? 0 : 70;
}
