// SPDX-License-Identifier: BSD-2-Clause
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char *quoted(const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    assert_non_null(stream);
    mime_put_quoted_printable(stream, slice_from(text));
    fclose(stream);
    return out;
}

static void check_quoted(const char *text, const char *wanted)
{
    char *out = quoted(text);
    assert_string_equal(out, wanted);
    free(out);
}

static void test_quoted_printable(void **state)
{
    (void)state;
    check_quoted("", "");
    check_quoted("plain text\n", "plain text\n");
    check_quoted("a=b", "a=3Db");
    check_quoted("\u00e9\n", "=C3=A9\n");
    check_quoted("end \nend\t\n a\n", "end=20\nend=09\n a\n");
    check_quoted("From me\n.\n..\nFromage\n", "=46rom me\n=2E\n..\nFromage\n");
    check_quoted("a\r\n\x01\x7f", "a=0D\n=01=7F");
}

// Whatever the length, no line is longer than 76 characters, and none of a byte's three is apart.
static void test_long_lines(void **state)
{
    char text[401];
    (void)state;
    for (unsigned len = 1; len < sizeof text - 1; len++) {
        for (unsigned i = 0; i < len; i++)
            text[i] = "....F"[i % 5];
        for (unsigned i = 0; i < len; i++)
            if (i * len % 7 == 3)
                text[i] = '=';
        text[len] = '\0';
        char *out = quoted(text), *rest = out;
        for (char *line; (line = strsep(&rest, "\n"));) {
            assert_true(strlen(line) <= 76);
            assert_true(strcmp(line, ".") != 0 && strncmp(line, "From ", 5) != 0);
            if (rest)
                assert_true(line[strlen(line) - 1] == '=');
            assert_true(!rest || strlen(line) < 2 || line[strlen(line) - 2] != '=');
        }
        free(out);
    }
}

static void check_text(const char *name, const char *text, const char *wanted)
{
    char out[1000];
    FILE *stream = fmemopen(out, sizeof out, "w");
    assert_non_null(stream);
    mime_put_text(stream, name, text);
    fclose(stream);
    assert_string_equal(out, wanted);
}

static void test_header_texts(void **state)
{
    (void)state;
    check_text("Subject", "plain", "Subject: plain\n");
    check_text("Subject", "\u00e9", "Subject: =?utf-8?B?w6k=?=\n");
    check_text("Subject", "=?utf-8?B?w6k=?=", "Subject: =?utf-8?B?PT91dGYtOD9CP3c2az0/PQ==?=\n");
    check_text("Subject", "a\nBcc: b@example.com", "Subject: =?utf-8?B?YQpCY2M6IGJAZXhhbXBsZS5jb20=?=\n");
}

static void test_addresses(void **state)
{
    (void)state;
    assert_true(mime_is_address("o'hara+x@example.org"));
    assert_false(mime_is_address("nobody"));
    assert_false(mime_is_address("a@example.org>\nBcc: <b@example.org"));
    assert_false(mime_is_address("\"a b\"@example.org"));
    assert_false(mime_is_address("\u00e9@example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoted_printable),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_header_texts),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
