// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/fact.h"
#include "ctl/check_facts.h"
#include "ctl/child.h"

#include <stdlib.h>
#include <sys/statvfs.h>

static bool add_output(struct check_facts *facts, const char *mode, bool quiet, struct problem *problem)
{
    const char *const argv[] = {"postconf", mode, facts->postfix ? "-c" : NULL, facts->postfix, NULL};
    const struct child_spec spec = {.argv = argv,
                                    .errors = quiet ? CHILD_ERRORS_DROPPED : CHILD_ERRORS_SHOWN};
    char *text = child_run(&spec, problem);
    if (!text)
        return false;
    fputs(text, facts->out);
    free(text);
    return true;
}

// postconf repeats its warnings on each run: only the first run's are shown.
bool check_facts_postconf(struct check_facts *facts, struct problem *problem)
{
    if (!add_output(facts, "-x", false, problem) || !add_output(facts, "-Mx", true, problem) ||
        !add_output(facts, "-Px", true, problem))
        return false;
    const struct postconf postconf = check_facts_read(facts);
    char folder[512];
    (void)slice_copy(postconf_value(&postconf, "config_directory"), folder, sizeof folder);
    check_facts_add(facts, "postfix.folder", "%s", facts->postfix ? facts->postfix : folder);
    return true;
}

static void add_types(struct check_facts *facts)
{
    struct problem problem;
    const char *const argv[] = {"postconf", "-m", facts->postfix ? "-c" : NULL, facts->postfix, NULL};
    const struct child_spec spec = {.argv = argv, .errors = CHILD_ERRORS_DROPPED};
    char *text = child_run(&spec, &problem);
    if (text)
        check_facts_add(facts, "postfix.types", "%s", text);
    free(text);
}

// The folder of "TYPE:FILE"; a table without a file has none.
static void add_verify_folder(struct check_facts *facts, const struct postconf *postconf)
{
    char path[512];
    struct slice type, file, folder, base;
    const struct slice map = postconf_value(postconf, "address_verify_map");
    if (slice_split(map, ':', &type, &file) && slice_equal(type, SLICE("proxy")))
        (void)slice_split(file, ':', &type, &file);
    if (file.len > 0 && file.ptr[0] == '/' && slice_split_last(file, '/', &folder, &base) &&
        slice_copy(folder, path, sizeof path))
        check_facts_path(facts, "address_verify_map", path);
}

void check_facts_postfix(struct check_facts *facts)
{
    static const char *const sockets[] = {"policyd", "transportmap", "milter"};
    char path[512], name[64];
    const struct postconf postconf = check_facts_read(facts);
    char queue[400];
    (void)slice_copy(postconf_value(&postconf, "queue_directory"), queue, sizeof queue);
    check_facts_account(facts, postconf_value(&postconf, "mail_owner"));
    add_verify_folder(facts, &postconf);
    for (size_t i = 0; i < 3 && queue[0]; i++) {
        snprintf(path, sizeof path, "%s/emailgency/%s", queue, sockets[i]);
        snprintf(name, sizeof name, "socket.%s", sockets[i]);
        check_facts_path(facts, name, path);
    }
    const struct slice hold = fact_text(&postconf, "conf.notifier.queuehold");
    if (hold.len > 0 && slice_copy(hold, path, sizeof path))
        check_facts_path(facts, "socket.queuehold", path);
    add_types(facts);
}

static void add_disk(struct check_facts *facts, const char *name, struct slice folder)
{
    char path[512], key[64];
    struct statvfs state;
    if (!slice_copy(folder, path, sizeof path) || !path[0] || statvfs(path, &state) != 0)
        return;
    snprintf(key, sizeof key, "disk.%s.at", name);
    check_facts_add(facts, key, "%s", path);
    snprintf(key, sizeof key, "disk.%s.free", name);
    check_facts_add(facts, key, "%llu", (unsigned long long)state.f_bavail * state.f_frsize);
    snprintf(key, sizeof key, "disk.%s.inodes", name);
    check_facts_add(facts, key, "%llu", (unsigned long long)state.f_files);
    snprintf(key, sizeof key, "disk.%s.inodes_free", name);
    check_facts_add(facts, key, "%llu", (unsigned long long)state.f_favail);
}

// The fixed part of "home=/var/lib/emailgency-store/%Ld/%Ln".
static struct slice store_folder(const struct postconf *facts)
{
    struct slice word, folder = SLICE(""), tail;
    for (size_t n = 0; n < 16 && !folder.len; n++) {
        struct slice rest = fact_text(facts, "dovecot.userdb.%zu.args", n);
        while (postconf_next(&rest, &word))
            if (slice_has_prefix(word, SLICE("home=")))
                (void)slice_split(slice_skip(word, 5), '%', &folder, &tail);
    }
    return folder;
}

void check_facts_queue(struct check_facts *facts)
{
    const struct postconf known = check_facts_read(facts);
    if (postconf_value(&known, "disk.queue.free").len == 0)
        add_disk(facts, "queue", postconf_value(&known, "queue_directory"));
}

void check_facts_disk(struct check_facts *facts)
{
    check_facts_queue(facts);
    const struct postconf known = check_facts_read(facts);
    struct slice folder, base;
    char store[512], spool[512] = "";
    (void)slice_copy(store_folder(&known), store, sizeof store);
    if (slice_split_last(postconf_value(&known, "conf.policyd.activity_spool"), '/', &folder, &base))
        (void)slice_copy(folder, spool, sizeof spool);
    add_disk(facts, "replica", slice_from(facts->replica));
    add_disk(facts, "store", slice_from(store));
    add_disk(facts, "spool", slice_from(spool));
}
