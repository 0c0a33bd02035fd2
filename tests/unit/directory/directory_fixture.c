// SPDX-License-Identifier: BSD-2-Clause
#include "directory_fixture.h"

#include "base/clock.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

const char *path;
struct directory *directory;
const struct directory_snapshot *rows;

void load(const char *text)
{
    struct problem problem;

    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
}

void open_with(const char *text)
{
    load(text);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
}

int set_up(void **state)
{
    (void)state;
    path = scratch_make();
    directory = NULL;
    rows = NULL;
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    if (rows)
        directory_end(directory);
    directory_destroy(directory);
    clock_reset();
    scratch_remove();
    return 0;
}
