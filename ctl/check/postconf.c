// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postconf.h"

static struct slice next_line(struct slice *rest)
{
    struct slice line;
    (void)slice_split(*rest, '\n', &line, rest);
    return line;
}

// "name = value", where a value may be empty; false for a line of master.cf.
static bool read_parameter(struct slice line, struct slice *name, struct slice *value)
{
    if (!slice_split(line, '=', name, value))
        return false;
    *name = slice_trim(*name);
    *value = slice_trim(*value);
    return name->len > 0 && !memchr(name->ptr, ' ', name->len) && !memchr(name->ptr, '\t', name->len);
}

bool postconf_parameter(struct slice *rest, struct slice *name, struct slice *value)
{
    while (rest->len > 0)
        if (read_parameter(next_line(rest), name, value))
            return true;
    return false;
}

static bool find(const struct postconf *postconf, struct slice wanted, struct slice *out)
{
    bool found = false;
    struct slice rest = postconf->text, name, value;
    while (postconf_parameter(&rest, &name, &value))
        if (slice_equal(name, wanted)) {
            *out = value;
            found = true;
        }
    return found;
}

struct slice postconf_value(const struct postconf *postconf, const char *name)
{
    struct slice value = SLICE("");
    (void)find(postconf, slice_from(name), &value);
    return value;
}

bool postconf_next(struct slice *rest, struct slice *word)
{
    size_t start = 0, end, depth = 0;
    while (start < rest->len && strchr(", \t\n", rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && (depth > 0 || !strchr(", \t\n", rest->ptr[end])); end++) {
        if (rest->ptr[end] == '{')
            depth++;
        else if (rest->ptr[end] == '}' && depth > 0)
            depth--;
    }
    *word = slice_make(rest->ptr + start, end - start);
    *rest = slice_skip(*rest, end);
    return word->len > 0;
}

static bool read_service(struct slice line, struct postconf_service *out)
{
    struct slice name, value, fields[8];
    if (read_parameter(line, &name, &value) || line.len == 0 || line.ptr[0] == '#')
        return false;
    for (size_t i = 0; i < 8; i++)
        if (!postconf_next(&line, &fields[i]))
            return false;
    *out = (struct postconf_service){
        .name = fields[0], .type = fields[1], .chroot = fields[4], .command = fields[7]};
    return true;
}

bool postconf_service(const struct postconf *postconf, size_t n, struct postconf_service *out)
{
    for (struct slice rest = postconf->text; rest.len > 0;)
        if (read_service(next_line(&rest), out) && n-- == 0)
            return true;
    return false;
}

bool postconf_is_inner(const struct postconf_service *service)
{
    static const char *const hosts[] = {"127.", "localhost:", "[::1]:", NULL};
    for (size_t i = 0; hosts[i]; i++)
        if (slice_has_prefix(service->name, slice_from(hosts[i])))
            return slice_equal(service->type, SLICE("inet"));
    return false;
}

struct slice postconf_value_at(const struct postconf *postconf, const struct postconf_service *service,
                               const char *name, bool *own)
{
    char key[512];
    struct slice value = SLICE("");
    *own = false;
    if (service) {
        const size_t length = strlen(name), size = service->name.len + service->type.len + length + 2;
        if (size < sizeof key) {
            char *end = key;
            end = (char *)mempcpy(end, service->name.ptr, service->name.len);
            *end++ = '/';
            end = (char *)mempcpy(end, service->type.ptr, service->type.len);
            *end++ = '/';
            memcpy(end, name, length);
            *own = find(postconf, slice_make(key, size), &value);
        }
    }
    return *own ? value : postconf_value(postconf, name);
}

static struct slice strip_braces(struct slice in)
{
    return in.len > 1 && in.ptr[0] == '{' ? slice_trim(slice_make(in.ptr + 1, in.len - 2)) : in;
}

struct slice postconf_endpoint(struct slice element)
{
    struct slice rest = strip_braces(element), word;
    return postconf_next(&rest, &word) ? word : SLICE("");
}

struct slice postconf_attribute(struct slice element, const char *name, struct slice otherwise)
{
    struct slice rest = strip_braces(element), word, key, value, found = otherwise;
    (void)postconf_next(&rest, &word);
    while (postconf_next(&rest, &word))
        if (slice_split(strip_braces(word), '=', &key, &value) &&
            slice_equal(slice_trim(key), slice_from(name)))
            found = slice_trim(value);
    return found;
}

bool postconf_seconds(struct slice value, char unit, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    unsigned long long number;
    if (value.len == 0)
        return false;
    const char last = value.ptr[value.len - 1];
    if (last >= 'a' && last <= 'z') {
        unit = last;
        value.len--;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == unit && slice_number(value, INT32_MAX, &number)) {
            *out = (int64_t)number * units[i].seconds;
            return true;
        }
    }
    return false;
}
