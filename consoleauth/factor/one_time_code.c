// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/factor/one_time_code.h"

enum { LETTERS = 16, GROUP = 4, LETTER_BITS = 5 };

static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

static void put_letter(char out[ONE_TIME_CODE_MAX], unsigned number, char letter)
{
    const unsigned at = number + number / GROUP;
    if (number && number % GROUP == 0)
        out[at - 1] = '-';
    out[at] = letter;
    out[at + 1] = '\0';
}

void one_time_code_make(const unsigned char random[ONE_TIME_CODE_BYTES], char out[ONE_TIME_CODE_MAX])
{
    unsigned bits = 0, held = 0, number = 0;
    for (unsigned i = 0; i < ONE_TIME_CODE_BYTES; i++) {
        bits = (bits << 8 | random[i]) & 0xffff;
        for (held += 8; held >= LETTER_BITS; held -= LETTER_BITS)
            put_letter(out, number++, alphabet[bits >> (held - LETTER_BITS) & 31]);
    }
}

bool one_time_code_read(struct slice typed, char out[ONE_TIME_CODE_MAX])
{
    unsigned number = 0;
    out[0] = '\0';
    for (size_t i = 0; i < typed.len; i++) {
        char letter = typed.ptr[i];
        if (letter == ' ' || letter == '-')
            continue;
        if (letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 'a' + 'A');
        if (number == LETTERS || !memchr(alphabet, letter, sizeof alphabet - 1))
            return false;
        put_letter(out, number++, letter);
    }
    return number == LETTERS;
}
