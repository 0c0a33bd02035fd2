// SPDX-License-Identifier: BSD-2-Clause
// Which row each address on standard input is of, and the store's user for it: recipient_probe FOLDER. Prints
// a line "ROW STORE" for each, "-" for both where no row names it.
#include "directory/recipient.h"
#include "directory/store_address.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static void answer(const struct directory_snapshot *rows, struct slice given)
{
    static struct recipient found;
    char folded[ADDRESS_MAX + 1], store[STORE_ADDRESS_MAX + 1];
    struct slice local, name;
    struct recipient_domain domain;
    if (address_fold(given, folded) != ADDRESS_OK)
        errx(1, "%.*s: no address", (int)given.len, given.ptr);
    (void)slice_split_last(slice_from(folded), '@', &local, &name);
    if (recipient_domain(rows, name, &domain) != DIRECTORY_OK ||
        recipient_find(rows, local, &domain, &found) != DIRECTORY_OK)
        errx(1, "%s: a row cannot be read", folded);
    if (found.kind == RECIPIENT_UNKNOWN)
        puts("- -");
    else if (!store_address_compose(found.user, slice_make(NULL, 0), domain.name, store))
        errx(1, "%s: the store has no name for it", folded);
    else
        printf("%s %.*s\n", found.row, (int)(strlen(store) - strlen(STORE_ADDRESS_TAIL)), store);
}

int main(int argc, char **argv)
{
    const struct directory_snapshot *rows;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    if (argc != 2)
        errx(2, "usage: recipient_probe FOLDER <ADDRESSES");
    struct directory *directory = directory_create(argv[1]);
    if (directory_begin(directory, &rows) != DIRECTORY_OK)
        errx(1, "%s: no replica", argv[1]);
    while ((len = getline(&line, &size, stdin)) > 0)
        answer(rows, slice_make(line, (size_t)len - 1));
    free(line);
    directory_end(directory);
    directory_destroy(directory);
    return 0;
}
