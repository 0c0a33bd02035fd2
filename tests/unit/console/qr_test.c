// SPDX-License-Identifier: BSD-2-Clause
// A code that a reader reads is in tests/integration/test_console_pages.py.
#include "console/qr/qr_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool dark[200][200];

// Draws the path, whose only form this is; returns whether all of it is of that form.
static bool draw(const char *path)
{
    int x, y, run, back, len;
    memset(dark, 0, sizeof dark);
    while (*path) {
        if (sscanf(path, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &len) != 4 || run != back)
            return false;
        for (int i = 0; i < run; i++)
            dark[y][x + i] = true;
        path += len;
    }
    return true;
}

// ISO/IEC 18004 section 6.3.3: 7 by 7 modules, dark, light, dark.
static void assert_finder(unsigned left, unsigned top)
{
    for (unsigned y = 0; y < 7; y++)
        for (unsigned x = 0; x < 7; x++) {
            const bool is_edge = x == 0 || x == 6 || y == 0 || y == 6;
            const bool is_centre = x > 1 && x < 5 && y > 1 && y < 5;
            assert_int_equal(dark[top + y][left + x], is_edge || is_centre);
        }
}

static void test_code(void **state)
{
    struct qr_code code;
    (void)state;
    assert_true(
        qr_code_make("otpauth://totp/Emailgency:alice%40firm.example?secret=GEZDGNBVGY3TQOJQ", &code));
    assert_true(draw(code.path));
    assert_int_equal((code.size - 2 * QR_CODE_QUIET - 17) % 4, 0);
    assert_finder(QR_CODE_QUIET, QR_CODE_QUIET);
    assert_finder(code.size - QR_CODE_QUIET - 7, QR_CODE_QUIET);
    assert_finder(QR_CODE_QUIET, code.size - QR_CODE_QUIET - 7);
    for (unsigned i = 0; i < code.size; i++)
        for (unsigned quiet = 0; quiet < QR_CODE_QUIET; quiet++)
            assert_false(dark[quiet][i] || dark[i][quiet] || dark[code.size - 1 - quiet][i] ||
                         dark[i][code.size - 1 - quiet]);
    qr_code_finish(&code);
}

static void test_bounds(void **state)
{
    char text[QR_CODE_TEXT_MAX + 2];
    struct qr_code code;
    (void)state;
    memset(text, 'a', sizeof text);
    text[QR_CODE_TEXT_MAX + 1] = '\0';
    assert_false(qr_code_make(text, &code));
    assert_null(code.path);
    assert_false(qr_code_make("", &code));
    text[QR_CODE_TEXT_MAX] = '\0';
    assert_true(qr_code_make(text, &code));
    assert_true(draw(code.path));
    assert_in_range(strlen(code.path), 1000, 40000); // a page has 50 KB at most
    qr_code_finish(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_code), cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
