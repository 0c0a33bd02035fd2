// SPDX-License-Identifier: BSD-2-Clause
// replica_from_rows FOLDER <ROWS: a replica from the text that rows.h explains.
#include "rows.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    char text[65536];
    struct problem problem;
    if (argc != 2)
        return 64;
    text[fread(text, 1, sizeof text - 1, stdin)] = '\0';
    if (rows_load(argv[1], text, &problem))
        return 0;
    fprintf(stderr, "%s\n", problem.text);
    return 65;
}
