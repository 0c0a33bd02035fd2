// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/check_place.h"

#include "ctl/check/fact.h"

static bool begins(const char *text, const char *with)
{
    return slice_has_prefix(slice_from(text), slice_from(with));
}

// "service/type/parameter" is main.cf's, unless master.cf has it for the service.
static bool is_of_service(const struct postconf *postconf, const struct finding *finding)
{
    struct slice rest = postconf->text, name, value;
    if (begins(finding->write, "-o ") || strcmp(finding->parameter, "master.cf") == 0)
        return true;
    if (!strchr(finding->parameter, '/'))
        return false;
    while (postconf_parameter(&rest, &name, &value))
        if (slice_equal(name, slice_from(finding->parameter)))
            return true;
    return false;
}

void check_place(const struct postconf *postconf, struct findings *findings, size_t first)
{
    const struct slice folder = fact_text(postconf, "postfix.folder");
    for (size_t i = first; i < findings->count && folder.len > 0; i++) {
        struct finding *finding = &findings->list[i];
        if (begins(finding->write, "update "))
            finding->fix = FINDING_SQL;
        else if (finding->fix == FINDING_WRITE && finding->write[0] && !finding->where[0])
            snprintf(finding->where, sizeof finding->where, "%.*s/%s", (int)folder.len, folder.ptr,
                     is_of_service(postconf, finding) ? "master.cf" : "main.cf");
    }
}
