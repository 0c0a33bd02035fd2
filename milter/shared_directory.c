// SPDX-License-Identifier: BSD-2-Clause
#include "milter/shared_directory.h"

#include "directory/directory_age.h"
#include "milter/message_log.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct directory *directory;
static bool taken;

bool shared_directory_open(const char *path)
{
    directory = directory_create(path);
    return directory != NULL;
}

void shared_directory_close(void)
{
    directory_destroy(directory);
    directory = NULL;
}

const struct directory_snapshot *shared_directory_begin(void)
{
    const struct directory_snapshot *rows = NULL;
    pthread_mutex_lock(&lock);
    taken = directory_begin(directory, &rows) == DIRECTORY_OK;
    if (!taken)
        message_log_fault(MESSAGE_LOG_NO_DIRECTORY, directory_problem(directory));
    return taken ? rows : NULL;
}

void shared_directory_end(void)
{
    if (taken)
        directory_end(directory);
    pthread_mutex_unlock(&lock);
}

void shared_directory_refresh(void)
{
    pthread_mutex_lock(&lock);
    directory_age_refresh(directory);
    pthread_mutex_unlock(&lock);
}
