// SPDX-License-Identifier: BSD-2-Clause
// Input: a Received field's value. What is found must be in it; and no client's HELO name may be taken as
// another's address.
#include "fuzz.h"
#include "milter/headers/received_client.h"

// Postfix's field with `helo` as src/smtpd/smtpd.c has it: without blanks and specials.
static void check_postfix(struct slice helo)
{
    char name[200], field[400], text[CIDR_TEXT_MAX];
    struct received_client client;
    size_t len = 0;
    for (size_t i = 0; i < helo.len && len + 1 < sizeof name; i++) {
        const char byte = helo.ptr[i];
        name[len] = '?';
        if (byte > ' ' && byte < 0x7f && !strchr("<>()\\\";@", byte))
            name[len] = byte;
        len++;
    }
    name[len] = '\0';
    snprintf(field, sizeof field, "from %s (unknown [192.0.2.1])\n\tby mx.example (Postfix)", name);
    if (!received_client_find(slice_from(field), &client)) {
        FUZZ_CHECK(len == 0);
        return;
    }
    ip_format(&client.ip, text);
    FUZZ_CHECK(strcmp(text, "192.0.2.1") == 0 && strcmp(client.helo, name) == 0);
}

// The same of an MTA that lets blanks, brackets and quotes into the HELO name.
static void check_blanks(struct slice helo)
{
    char field[400], text[CIDR_TEXT_MAX];
    struct received_client client;
    const int len = helo.len < 200 ? (int)helo.len : 200;
    snprintf(field, sizeof field, "from %.*s (unknown [192.0.2.1])\n\tby mx.example", len, helo.ptr);
    for (int i = 0; i < len; i++)
        if (strchr("()", field[strlen("from ") + (size_t)i]))
            field[strlen("from ") + (size_t)i] = '?';
    if (!received_client_find(slice_from(field), &client))
        return;
    ip_format(&client.ip, text);
    FUZZ_CHECK(strcmp(text, "192.0.2.1") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice value = slice_make((const char *)data, size);
    struct received_client client;
    if (received_client_find(value, &client)) {
        const size_t len = strlen(client.helo);
        FUZZ_CHECK(len > 0 && (memmem(data, size, client.helo, len) || client.helo[0] == '['));
        FUZZ_CHECK(client.ip.bits == 32 || client.ip.bits == 128);
    }
    check_postfix(value);
    check_blanks(value);
    return 0;
}
