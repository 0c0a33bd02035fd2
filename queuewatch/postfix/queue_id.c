// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/postfix/queue_id.h"

enum {
    SECONDS_BASE = 52,
    SECONDS_DIGITS = 6,
    MICROSECONDS_DIGITS = 4,
    TIME_DIGITS = SECONDS_DIGITS + MICROSECONDS_DIGITS,
    INODE_BASE = 51,
    INODE_DIGITS_MAX = 12,
    SHORT_DIGITS = 5,
    SHORT_INODE_DIGITS_MAX = 16,
    MICROSECONDS = 1000000
};

#define SEPARATOR 'z'

static const char alphabet[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
static const char hex[] = "0123456789ABCDEF";

// Value of each byte as a digit of that alphabet, plus 1; 0: none.
static const unsigned char values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['B'] = 11, ['C'] = 12, ['D'] = 13, ['F'] = 14, ['G'] = 15, ['H'] = 16,
    ['J'] = 17, ['K'] = 18, ['L'] = 19, ['M'] = 20, ['N'] = 21, ['P'] = 22, ['Q'] = 23, ['R'] = 24,
    ['S'] = 25, ['T'] = 26, ['V'] = 27, ['W'] = 28, ['X'] = 29, ['Y'] = 30, ['Z'] = 31, ['b'] = 32,
    ['c'] = 33, ['d'] = 34, ['f'] = 35, ['g'] = 36, ['h'] = 37, ['j'] = 38, ['k'] = 39, ['l'] = 40,
    ['m'] = 41, ['n'] = 42, ['p'] = 43, ['q'] = 44, ['r'] = 45, ['s'] = 46, ['t'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,
};

static const unsigned char hex_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

// Returns false for a byte that is no digit of the base, and for a number above 64 bits.
static bool read_number(const char *at, size_t len, const unsigned char digits[256], unsigned base,
                        uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        const unsigned digit = digits[(unsigned char)at[i]];
        if (digit == 0 || digit > base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit - 1, &number))
            return false;
    }
    *out = number;
    return true;
}

static bool finish(struct queue_id *out, uint64_t seconds, uint64_t microseconds, uint64_t inode)
{
    if (seconds > UINT32_MAX || microseconds >= MICROSECONDS)
        return false;
    out->seconds = (uint32_t)seconds;
    out->microseconds = (uint32_t)microseconds;
    out->inode = inode;
    return true;
}

// Seconds have six digits until the year 2597.
static bool parse_long(struct slice text, struct queue_id *out)
{
    uint64_t seconds, microseconds, inode;
    const char *digits = text.ptr + TIME_DIGITS + 1;
    const size_t count = text.len - TIME_DIGITS - 1;
    out->is_short = false;
    return count > 0 && count <= INODE_DIGITS_MAX && (digits[0] != '0' || count == 1) &&
           read_number(text.ptr, SECONDS_DIGITS, values, SECONDS_BASE, &seconds) &&
           read_number(text.ptr + SECONDS_DIGITS, MICROSECONDS_DIGITS, values, SECONDS_BASE, &microseconds) &&
           read_number(digits, count, values, INODE_BASE, &inode) &&
           finish(out, seconds, microseconds, inode);
}

static bool parse_short(struct slice text, struct queue_id *out)
{
    uint64_t microseconds, inode;
    const char *digits = text.ptr + SHORT_DIGITS;
    const size_t count = text.len > SHORT_DIGITS ? text.len - SHORT_DIGITS : 0;
    out->is_short = true;
    return count > 0 && count <= SHORT_INODE_DIGITS_MAX && (digits[0] != '0' || count == 1) &&
           read_number(text.ptr, SHORT_DIGITS, hex_values, 16, &microseconds) &&
           read_number(digits, count, hex_values, 16, &inode) && finish(out, 0, microseconds, inode);
}

bool queue_id_parse(struct slice text, struct queue_id *out)
{
    return text.len > TIME_DIGITS && text.ptr[TIME_DIGITS] == SEPARATOR ? parse_long(text, out)
                                                                        : parse_short(text, out);
}

// Writes at least `width` digits; returns the end.
static char *write_number(char *at, uint64_t number, const char *digits, unsigned base, size_t width)
{
    char reversed[64];
    size_t count = 0;
    for (; number > 0 || count < width; number /= base)
        reversed[count++] = digits[number % base];
    while (count > 0)
        *at++ = reversed[--count];
    return at;
}

size_t queue_id_format(const struct queue_id *id, char out[QUEUE_ID_MAX])
{
    char *at = out;
    if (id->is_short) {
        at = write_number(at, id->microseconds, hex, 16, SHORT_DIGITS);
        at = write_number(at, id->inode, hex, 16, 1);
    } else {
        at = write_number(at, id->seconds, alphabet, SECONDS_BASE, SECONDS_DIGITS);
        at = write_number(at, id->microseconds, alphabet, SECONDS_BASE, MICROSECONDS_DIGITS);
        *at++ = SEPARATOR;
        at = write_number(at, id->inode, alphabet, INODE_BASE, 1);
    }
    *at = '\0';
    return (size_t)(at - out);
}

// Subfolders have the hexadecimal digits of the microseconds, which short ids begin with.
void queue_id_path(const struct queue_id *id, unsigned depth, char out[QUEUE_ID_PATH_MAX])
{
    char digits[QUEUE_ID_MAX];
    char *at = out;
    (void)write_number(digits, id->microseconds, hex, 16, SHORT_DIGITS);
    for (unsigned i = 0; i < depth && i < QUEUE_ID_DEPTH_MAX; i++) {
        *at++ = digits[i];
        *at++ = '/';
    }
    (void)queue_id_format(id, at);
}
