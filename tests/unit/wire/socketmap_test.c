// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of requests: tests/cases/wire/socketmap.cases. Here is what needs no table: bounds, replies,
// and bytes that come in pieces.
#include "wire/socketmap.h"

#include "case_lines.h"
#include "wire/netstring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void put(char **out, const char *end, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len && *out + 5 < end; i++)
        *out += bytes.ptr[i] >= ' ' && bytes.ptr[i] <= '~'
                    ? sprintf(*out, "%c", bytes.ptr[i])
                    : sprintf(*out, "<%02x>", (unsigned char)bytes.ptr[i]);
}

static void render(struct slice in, const struct socketmap_request *request, size_t used,
                   char out[CASE_ANSWER_MAX])
{
    const char *end = out + CASE_ANSWER_MAX;
    out += sprintf(out, "map [");
    put(&out, end, request->map);
    out += sprintf(out, "] key [");
    put(&out, end, request->key);
    out += sprintf(out, "]");
    if (used < in.len) {
        out += sprintf(out, " then ");
        put(&out, end, slice_skip(in, used));
    }
}

static void answer(struct slice in, char out[CASE_ANSWER_MAX])
{
    struct socketmap_request request;
    size_t used;
    switch (socketmap_parse(in, &request, &used)) {
    case SOCKETMAP_OK:
        render(in, &request, used, out);
        break;
    case SOCKETMAP_MORE:
        snprintf(out, CASE_ANSWER_MAX, "more");
        break;
    case SOCKETMAP_TOO_BIG:
        snprintf(out, CASE_ANSWER_MAX, "too big, %zu bytes", used);
        break;
    case SOCKETMAP_NO_KEY:
        snprintf(out, CASE_ANSWER_MAX, "no key");
        break;
    case SOCKETMAP_MALFORMED:
        snprintf(out, CASE_ANSWER_MAX, "malformed");
        break;
    }
}

static void requests_are_read(void **state)
{
    (void)state;
    case_lines_check("wire/socketmap.cases", answer);
}

// A request of a map name and a key of these sizes, in memory of its own size.
static struct slice make_request(size_t map, size_t key)
{
    char head[NETSTRING_HEAD_MAX];
    const size_t content = map + 1 + key, head_len = netstring_head(content, head);
    char *bytes = malloc(head_len + content + 1);
    assert_non_null(bytes);
    memcpy(bytes, head, head_len);
    memset(bytes + head_len, 'm', map);
    bytes[head_len + map] = ' ';
    memset(bytes + head_len + map + 1, 'k', key);
    bytes[head_len + content] = ',';
    return slice_make(bytes, head_len + content + 1);
}

static void check_bound(size_t map, size_t key, enum socketmap_rc expected)
{
    struct socketmap_request request = {.map = {NULL, 0}};
    size_t used;
    struct slice in = make_request(map, key);
    assert_int_equal(socketmap_parse(in, &request, &used), expected);
    assert_int_equal(used, in.len);
    if (expected == SOCKETMAP_OK) {
        assert_int_equal(request.map.len, map);
        assert_int_equal(request.key.len, key);
    }
    free((char *)in.ptr);
}

static void bounds_hold(void **state)
{
    (void)state;
    check_bound(13, SOCKETMAP_KEY_MAX, SOCKETMAP_OK);
    check_bound(SOCKETMAP_MAP_MAX, SOCKETMAP_KEY_MAX, SOCKETMAP_OK);
    check_bound(13, SOCKETMAP_KEY_MAX + 1, SOCKETMAP_TOO_BIG);
    check_bound(SOCKETMAP_MAP_MAX + 1, 10, SOCKETMAP_TOO_BIG);
    check_bound(13, 200000, SOCKETMAP_TOO_BIG);
}

// Whatever has come so far is never misread, and the verdict on too big a request needs its head alone.
static void pieces_change_nothing(void **state)
{
    struct socketmap_request request;
    size_t used;
    (void)state;
    struct slice in = make_request(9, 300);
    for (size_t len = 0; len < in.len; len++) {
        char *piece = malloc(len + (len == 0));
        assert_non_null(piece);
        memcpy(piece, in.ptr, len);
        assert_int_equal(socketmap_parse(slice_make(piece, len), &request, &used), SOCKETMAP_MORE);
        assert_int_equal(used, 0);
        free(piece);
    }
    free((char *)in.ptr);
}

static void check_reply(enum socketmap_status status, struct slice text, const char *expected)
{
    static char out[SOCKETMAP_ENCODED_MAX];
    const size_t len = socketmap_format(status, text, out);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static void replies_are_as_postfix_reads_them(void **state)
{
    (void)state;
    check_reply(SOCKETMAP_FOUND, SLICE("relay:[192.0.2.1]:25"), "23:OK relay:[192.0.2.1]:25,");
    check_reply(SOCKETMAP_NOT_FOUND, SLICE(""), "9:NOTFOUND ,");
    check_reply(SOCKETMAP_TEMP, SLICE("no replica"), "15:TEMP no replica,");
    check_reply(SOCKETMAP_PERM, SLICE("no such map"), "16:PERM no such map,");
}

static void what_postfix_would_misread_is_a_temp(void **state)
{
    static char text[SOCKETMAP_REPLY_MAX + 1], out[SOCKETMAP_ENCODED_MAX];
    const char *temp = "30:TEMP the answer cannot be sent,";
    (void)state;
    memset(text, 'x', sizeof text);
    check_reply(SOCKETMAP_FOUND, SLICE(""), temp);
    check_reply(SOCKETMAP_FOUND, SLICE("a\0b"), temp);
    check_reply(SOCKETMAP_FOUND, slice_make(text, SOCKETMAP_REPLY_MAX - 2), temp);
    assert_int_equal(socketmap_format(SOCKETMAP_FOUND, slice_make(text, SOCKETMAP_REPLY_MAX - 3), out),
                     strlen("100000:") + SOCKETMAP_REPLY_MAX + 1);
}

static void heads_are_decimal(void **state)
{
    static const struct {
        size_t length;
        const char *text;
    } heads[] = {
        {0, "0:"}, {9, "9:"}, {10, "10:"}, {100000, "100000:"}, {NETSTRING_LENGTH_MAX, "999999999:"}};
    char out[NETSTRING_HEAD_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        const size_t len = netstring_head(heads[i].length, out);
        assert_true(slice_equal(slice_make(out, len), slice_from(heads[i].text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(pieces_change_nothing),
        cmocka_unit_test(replies_are_as_postfix_reads_them),
        cmocka_unit_test(what_postfix_would_misread_is_a_temp),
        cmocka_unit_test(heads_are_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
