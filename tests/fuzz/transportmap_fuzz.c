// SPDX-License-Identifier: BSD-2-Clause
// Any key for any map, over a fixed set of rows: answers stay within their bounds, and what Postfix asks
// again of an answer ends.
#include "transportmap/lookup/lookup.h"

#include "fuzz.h"
#include "rows.h"
#include "scratch.h"

static const struct route_rules rules = {.lmtp_destination = "unix:private/dovecot-lmtp",
                                         .round_trip_destination = "unix:emailgency/round-trip",
                                         .ipv4 = true,
                                         .ipv6 = true};

static const char row_text[] = "setting round_trip_address value=r@r.t\n"
                               "domain a.b transport=[2001:db8::1]:26 alternate_name=n.s\n"
                               "domain_alias c.d domain=a.b\n"
                               "domain e.f catchall=true\n"
                               "domain g.h mode=primary\n"
                               "domain p.q mode=primary catchall=true\n"
                               "mailbox u@a.b\n"
                               "mailbox u+x@a.b\n"
                               "mailbox \"q,\\\"q\"@a.b\n"
                               "mailbox u@g.h\n"
                               "alias i@a.b u@a.b\n"
                               "alias i@a.b i@a.b\n"
                               "alias i@a.b o@out.x\n"
                               "alias l@a.b m@c.d\n"
                               "alias m@a.b l@n.s\n"
                               "alias m@a.b u@g.h\n";

static struct directory *directory;

// The replica lies in memory; its files are removed once it is open.
static void open_rows(void)
{
    const struct directory_snapshot *rows;
    struct problem problem;
    const char *path = scratch_make();
    FUZZ_CHECK(rows_load(path, row_text, &problem));
    directory = directory_create(path);
    FUZZ_CHECK(directory && directory_begin(directory, &rows) == DIRECTORY_OK);
    directory_end(directory);
    scratch_remove();
}

static void check_answer(const struct lookup_answer *answer)
{
    FUZZ_CHECK(answer->len <= LOOKUP_TEXT_MAX && answer->text[answer->len] == '\0');
    FUZZ_CHECK(strlen(answer->text) == answer->len);
    FUZZ_CHECK((answer->len == 0) == (answer->status == LOOKUP_NOT_FOUND));
    FUZZ_CHECK(answer->status != LOOKUP_TEMP || answer->reason == LOOKUP_NOT_LOCAL);
}

// An address that can receive is expanded, and the other way round; a second expansion is a part of the
// first.
static void check_expansion(const struct directory_snapshot *rows, struct slice key)
{
    static struct lookup_answer first, second;
    struct slice address, rest;
    lookup(rows, &rules, LOOKUP_RELAY_RECIPIENTS, key, &first);
    const enum lookup_status exists = first.status;
    lookup(rows, &rules, LOOKUP_VIRTUAL_ALIAS, key, &first);
    FUZZ_CHECK(first.status == exists);
    rest = slice_make(first.text, first.len);
    while (rest.len > 0) {
        // No address of these rows but the quoted one has a comma.
        if (rest.ptr[0] == '"' || !slice_split(rest, ',', &address, &rest))
            break;
        lookup(rows, &rules, LOOKUP_VIRTUAL_ALIAS, address, &second);
        FUZZ_CHECK(second.status == LOOKUP_NOT_FOUND ||
                   memmem(second.text, second.len, address.ptr, address.len));
        FUZZ_CHECK(second.len <= first.len || second.status == LOOKUP_NOT_FOUND);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lookup_answer answer;
    const struct directory_snapshot *rows;
    const struct slice key = slice_make((const char *)data, size);
    if (!directory)
        open_rows();
    FUZZ_CHECK(directory_begin(directory, &rows) == DIRECTORY_OK);
    for (int map = 0; map < LOOKUP_MAPS; map++) {
        lookup(rows, &rules, (enum lookup_map)map, key, &answer);
        check_answer(&answer);
    }
    check_expansion(rows, key);
    directory_end(directory);
    return 0;
}
