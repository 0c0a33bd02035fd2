// SPDX-License-Identifier: BSD-2-Clause
// Prints the text of a page for each message of the database on stdin, one per line.
#include "console/message/database_message.h"

#include <stdio.h>
#include <stdlib.h>

static const char *english(const char *text)
{
    return text;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    for (ssize_t length = getline(&line, &size, stdin); length > 0; length = getline(&line, &size, stdin)) {
        line[length - 1] = '\0';
        char *text = database_message_text(line, english);
        puts(text ? text : "out of memory");
        free(text);
    }
    free(line);
    return EXIT_SUCCESS;
}
