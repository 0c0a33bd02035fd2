// SPDX-License-Identifier: BSD-2-Clause
#include "milter/rows.h"

#include "milter/outcome.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct directory *directory;
static bool taken;

bool rows_open(const char *path)
{
    directory = directory_create(path);
    return directory != NULL;
}

void rows_close(void)
{
    directory_destroy(directory);
    directory = NULL;
}

const struct directory_snapshot *rows_begin(void)
{
    const struct directory_snapshot *rows = NULL;
    pthread_mutex_lock(&lock);
    taken = directory_begin(directory, &rows) == DIRECTORY_OK;
    if (!taken)
        outcome_trouble(OUTCOME_NO_DIRECTORY, directory_problem(directory));
    return taken ? rows : NULL;
}

void rows_end(void)
{
    if (taken)
        directory_end(directory);
    pthread_mutex_unlock(&lock);
}

double rows_age(void)
{
    pthread_mutex_lock(&lock);
    const double age = directory_age(directory);
    pthread_mutex_unlock(&lock);
    return age;
}
