// SPDX-License-Identifier: BSD-2-Clause
#include "directory/own_host.h"

#include "base/address.h"
#include "base/network_list.h"

bool own_host_begin(struct own_hosts *out, struct directory *directory, const char *list)
{
    *out = (struct own_hosts){.list = list};
    return directory && directory_begin(directory, &out->rows) == DIRECTORY_OK;
}

void own_host_end(const struct own_hosts *own, struct directory *directory)
{
    if (own->rows)
        directory_end(directory);
}

static struct slice listed(const struct own_hosts *own)
{
    return own->list ? slice_from(own->list) : SLICE("");
}

static struct slice setting(const struct own_hosts *own)
{
    struct slice list;
    return own->rows && directory_setting(own->rows, "mx_hosts", &list) == DIRECTORY_OK ? list : SLICE("");
}

static bool is_alternate(const struct directory_snapshot *rows, struct slice name)
{
    char folded[ADDRESS_DOMAIN_MAX + 1];
    struct domain_row row;
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    return slice_copy_lower(name, folded, sizeof folded) &&
           directory_domain_of(rows, slice_from(folded), &row) == DIRECTORY_OK &&
           slice_equal(row.alternate_name, slice_from(folded));
}

bool own_host_is_name(const struct own_hosts *own, struct slice name)
{
    return network_list_names(listed(own), name) || network_list_names(setting(own), name) ||
           (own->rows && is_alternate(own->rows, name));
}

bool own_host_is_address(const struct own_hosts *own, const struct ip *address)
{
    return network_list_has(listed(own), address) || network_list_has(setting(own), address);
}
