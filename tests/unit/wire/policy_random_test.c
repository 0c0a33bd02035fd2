// SPDX-License-Identifier: BSD-2-Clause
// Random bytes, cut from what requests are made of, against a parser that is slow and plain.
#include "wire/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
#define FIELD(name)                                                                                          \
    {                                                                                                        \
#name, offsetof(struct policy_request, name)                                                         \
    }
    FIELD(protocol_state),
    FIELD(protocol_name),
    FIELD(helo_name),
    FIELD(queue_id),
    FIELD(sender),
    FIELD(recipient),
    FIELD(client_address),
    FIELD(client_name),
    FIELD(reverse_client_name),
    FIELD(client_port),
    FIELD(server_address),
    FIELD(server_port),
    FIELD(instance),
    FIELD(sasl_method),
    FIELD(sasl_username),
    FIELD(sasl_sender),
    FIELD(encryption_protocol),
    FIELD(policy_context),
};
#define PIECES_MAX 30
#define FIELDS (sizeof fields / sizeof fields[0])

static const struct slice *field(const struct policy_request *request, size_t i)
{
    return (const struct slice *)((const char *)request + fields[i].offset);
}

// The value of the last line that begins with `name` and "=".
static struct slice naive_value(const char *text, size_t len, const char *name)
{
    struct slice value = {text, 0};
    size_t name_len = strlen(name);
    for (size_t i = 0; i + name_len < len; i++) {
        bool starts = i == 0 || text[i - 1] == '\n';
        if (!starts || memcmp(text + i, name, name_len) != 0 || text[i + name_len] != '=')
            continue;
        value = slice_make(text + i + name_len + 1, 0);
        while (value.ptr[value.len] != '\n')
            value.len++;
    }
    return value;
}

// The length of the first request with its empty line, or 0.
static size_t naive_length(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n' && (i == 0 || text[i - 1] == '\n'))
            return i + 1;
    return 0;
}

static bool naive_valid(const char *text, size_t len)
{
    bool equals = false;
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] == '\0' || (text[i] == '\n' && !equals))
            return false;
        equals = text[i] != '\n' && (equals || text[i] == '=');
    }
    return slice_equal(naive_value(text, len, "request"), SLICE("smtpd_access_policy"));
}

static struct slice random_piece(char text[64])
{
    static const char *const pieces[] = {
        "\n",
        "\n",
        "\n",
        "=",
        "a",
        "",
        "\xff",
        " ",
        "\r",
        "size=",
        "stress=yes",
        "size=12\n",
        "recipient_count=3\n",
        "request=smtpd_access_policy\n",
        "request=",
        "protocol_state=RCPT\n",
        "unknown_attribute=1\n",
    };
    if (random() % 200 == 0)
        return SLICE("\0");
    if (random() % 2)
        return slice_from(pieces[(size_t)random() % (sizeof pieces / sizeof pieces[0])]);
    snprintf(text, 64, "%s=%ld\n", fields[(size_t)random() % FIELDS].name, random() % 100);
    return slice_from(text);
}

static size_t random_text(char *out)
{
    size_t len = 0;
    long left = random() % PIECES_MAX;
    bool ends = random() % 2;
    for (; left >= 0; left--) {
        char text[64];
        struct slice piece = random_piece(text);
        if (left == 0)
            piece = ends ? SLICE("request=smtpd_access_policy\n\n") : SLICE("");
        memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
    }
    return len;
}

static enum policy_rc check(const char *text, size_t len)
{
    struct policy_request request;
    size_t used, length = naive_length(text, len);
    enum policy_rc rc = policy_parse(slice_make(text, len), &request, &used);
    assert_int_equal(used, length);
    if (length == 0) {
        assert_int_equal(rc, POLICY_MORE);
        return rc;
    }
    assert_int_equal(rc, naive_valid(text, length) ? POLICY_OK : POLICY_BAD);
    for (size_t i = 0; rc == POLICY_OK && i < FIELDS; i++)
        assert_true(slice_equal(*field(&request, i), naive_value(text, length, fields[i].name)));
    return rc;
}

static void test_random(void **state)
{
    (void)state;
    char text[PIECES_MAX * 65];
    int results[POLICY_TOO_BIG + 1] = {0};
    srandom(1);
    for (int round = 0; round < 100000; round++) {
        size_t len = random_text(text);
        results[check(text, len)]++;
    }
    assert_true(results[POLICY_OK] > 10000 && results[POLICY_MORE] > 10000 && results[POLICY_BAD] > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
