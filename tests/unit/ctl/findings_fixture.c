// SPDX-License-Identifier: BSD-2-Clause
#include "findings_fixture.h"

#include "file_text.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const struct directory_snapshot *findings_snapshot;
char *findings_good;

static struct directory *directory;

static char *read_case_file(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, EMG_CASES "/ctl/%s", name);
    return file_text_read(path);
}

int findings_setup(const char *rows, const char *good)
{
    struct problem problem;
    char *text = read_case_file(rows);
    const char *path = scratch_make();
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    free(text);
    findings_good = read_case_file(good);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &findings_snapshot), DIRECTORY_OK);
    return 0;
}

int findings_teardown(void **state)
{
    (void)state;
    free(findings_good);
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

char *findings_changed(struct slice input)
{
    char *text;
    assert_true(asprintf(&text, "%s%.*s\n", findings_good, (int)input.len, input.ptr) > 0);
    for (char *at = text + strlen(findings_good); (at = strstr(at, " | "));)
        at[0] = at[1] = at[2] = '\n';
    return text;
}
