// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/metric_text.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_SIZE = 64 };

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

static size_t name_length(struct slice in)
{
    size_t len = 0;
    while (len < in.len && in_name(in.ptr[len]))
        len++;
    return len;
}

// The offset of the brace that closes the labels; quoted ones do not. in.len if there is none.
static size_t closing_brace(struct slice in)
{
    bool quoted = false;
    size_t at = 0;
    for (; at < in.len && (quoted || in.ptr[at] != '}'); at++) {
        if (quoted && in.ptr[at] == '\\')
            at++;
        else if (in.ptr[at] == '"')
            quoted = !quoted;
    }
    return at < in.len ? at : in.len;
}

static bool read_number(struct slice in, double *out)
{
    char text[NUMBER_SIZE], *end;
    struct slice number, timestamp;
    slice_split(slice_trim(in), ' ', &number, &timestamp);
    if (number.len == 0 || !slice_copy(number, text, sizeof text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && end == text + number.len;
}

static bool read_sample(struct slice line, struct metric_sample *out)
{
    const size_t len = name_length(line);
    out->name = slice_make(line.ptr, len);
    out->labels = slice_make(NULL, 0);
    line = slice_skip(line, len);
    if (len > 0 && line.len > 0 && line.ptr[0] == '{') {
        line = slice_skip(line, 1);
        const size_t end = closing_brace(line);
        if (end == line.len)
            return false;
        out->labels = slice_make(line.ptr, end);
        line = slice_skip(line, end + 1);
    }
    return len > 0 && line.len > 0 && line.ptr[0] == ' ' && read_number(line, &out->value);
}

bool metric_text_next(struct slice *rest, struct metric_sample *out)
{
    struct slice line;
    while (rest->len > 0) {
        slice_split(*rest, '\n', &line, rest);
        if (read_sample(line, out))
            return true;
    }
    return false;
}

bool metric_text_find(struct slice text, const char *name, double *out)
{
    struct metric_sample sample;
    while (metric_text_next(&text, &sample)) {
        if (!slice_equal(sample.name, slice_from(name)) || !isfinite(sample.value))
            continue;
        *out = sample.value;
        return true;
    }
    return false;
}

// Reads a quoted text from the head of `*rest` into `out`, as much as fits. Returns false where it is
// malformed.
static bool read_quoted(struct slice *rest, char *out, size_t size, bool *fits)
{
    size_t at = 1, len = 0;
    if (rest->len == 0 || rest->ptr[0] != '"')
        return false;
    for (; at < rest->len && rest->ptr[at] != '"'; at++) {
        char byte = rest->ptr[at];
        if (byte == '\\') {
            if (++at == rest->len)
                return false;
            byte = rest->ptr[at];
            if (byte == 'n')
                byte = '\n';
        }
        if (len + 1 < size)
            out[len] = byte;
        len++;
    }
    if (at >= rest->len)
        return false;
    *fits = len < size;
    out[*fits ? len : 0] = '\0';
    *rest = slice_skip(*rest, at + 1);
    return true;
}

bool metric_text_label(const struct metric_sample *sample, const char *label, char *out, size_t size)
{
    struct slice rest = sample->labels, name;
    bool fits = false;
    while (slice_split(rest, '=', &name, &rest) && read_quoted(&rest, out, size, &fits)) {
        if (slice_equal(slice_trim(name), slice_from(label)))
            return fits;
        if (rest.len > 0 && rest.ptr[0] == ',')
            rest = slice_skip(rest, 1);
    }
    out[0] = '\0';
    return false;
}
