// SPDX-License-Identifier: BSD-2-Clause
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const users[] = {"u1", "u2", "u3", "u4", "u1+x", "u2+y", "u5+z", "u1+x+w"};
static const char *const hosts[] = {"d0.example",         "d1.example",         "d2.example",
                                    "d3.example",         "a0.example",         "a1.example",
                                    "n2.service.example", "n3.service.example", "out.example"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void copy(char out[MODEL_ADDRESS_MAX], const char *text)
{
    require(strlen(text) < MODEL_ADDRESS_MAX);
    memcpy(out, text, strlen(text) + 1);
}

// The first `len` bytes of `local`, "@", domain and tail.
static void join(char out[MODEL_ADDRESS_MAX], const char *local, size_t len, const char *domain,
                 const char *tail)
{
    const int written = snprintf(out, MODEL_ADDRESS_MAX, "%.*s@%s%s", (int)len, local, domain, tail);
    require(written > 0 && written < MODEL_ADDRESS_MAX);
}

// ---- rows ----

static unsigned pick(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) / 7 % below;
}

static void pick_address(unsigned *seed, unsigned host_count, char out[MODEL_ADDRESS_MAX])
{
    const char *user = users[pick(seed, COUNT(users))];
    join(out, user, strlen(user), hosts[pick(seed, host_count)], "");
}

static const char *flag(bool value)
{
    return value ? "true" : "false";
}

static void make_domain(struct model *model, unsigned i, unsigned *seed, FILE *text)
{
    struct model_domain *domain = &model->domains[i];
    *domain = (struct model_domain){.name = hosts[i],
                                    .alias = i < 2 ? hosts[4 + i] : "",
                                    .alternate = i < 2 ? "" : hosts[4 + i],
                                    .primary = pick(seed, 3) == 0,
                                    .transport = pick(seed, 2),
                                    .keep_copy = pick(seed, 2),
                                    .catchall = pick(seed, 4) == 0,
                                    .verify = pick(seed, 3) == 0};
    fprintf(text, "domain %s mode=%s keep_copy=%s catchall=%s verify_recipients=%s %s", domain->name,
            domain->primary ? "primary" : "backup", flag(domain->keep_copy), flag(domain->catchall),
            flag(domain->verify), domain->transport ? "transport=192.0.2.1" : "");
    if (domain->alternate[0])
        fprintf(text, " alternate_name=%s", domain->alternate);
    if (domain->alias[0])
        fprintf(text, "\ndomain_alias %s domain=%s", domain->alias, domain->name);
    fprintf(text, "\n");
}

void model_make(struct model *model, unsigned seed)
{
    FILE *text = fmemopen(model->text, sizeof model->text, "w");
    require(text != NULL);
    for (unsigned i = 0; i < MODEL_DOMAINS; i++)
        make_domain(model, i, &seed, text);
    for (unsigned i = 0; i < MODEL_MAILBOXES; i++) {
        pick_address(&seed, MODEL_DOMAINS, model->mailboxes[i]);
        fprintf(text, "mailbox %s candidate=%s\n", model->mailboxes[i], flag(pick(&seed, 2)));
    }
    for (unsigned i = 0; i < MODEL_ALIASES; i++) {
        pick_address(&seed, MODEL_DOMAINS, model->aliases[i].address);
        pick_address(&seed, COUNT(hosts), model->aliases[i].target);
        fprintf(text, "alias %s %s\n", model->aliases[i].address, model->aliases[i].target);
    }
    fclose(text);
}

bool model_address(unsigned n, char out[MODEL_ADDRESS_MAX])
{
    static const char *const more[] = {"u9", "u9+q", "u1+x+w+v", "u1+w", "u3+x+w"};
    const unsigned host = n / (COUNT(users) + COUNT(more)), user = n % (COUNT(users) + COUNT(more));
    if (host >= COUNT(hosts))
        return false;
    const char *local = user < COUNT(users) ? users[user] : more[user - COUNT(users)];
    join(out, local, strlen(local), hosts[host], "");
    return true;
}

// ---- what the design says ----

struct walk {
    const struct model *model;
    char visited[256][MODEL_ADDRESS_MAX];
    size_t visited_count;
    char (*out)[MODEL_ADDRESS_MAX];
    size_t max, *count;
    bool *grows;
};

static void deliver(struct walk *walk, const char *local, const char *domain, const char *tail)
{
    require(*walk->count < walk->max);
    join(walk->out[(*walk->count)++], local, strlen(local), domain, tail);
}

static const struct model_domain *domain_of(const struct model *model, const char *name)
{
    for (unsigned i = 0; i < MODEL_DOMAINS; i++) {
        const struct model_domain *domain = &model->domains[i];
        if (!strcmp(domain->name, name) || !strcmp(domain->alias, name) || !strcmp(domain->alternate, name))
            return domain;
    }
    return NULL;
}

static bool has_alias(const struct model *model, const char *address)
{
    for (unsigned i = 0; i < MODEL_ALIASES; i++)
        if (strcmp(model->aliases[i].address, address) == 0)
            return true;
    return false;
}

static bool has_mailbox(const struct model *model, const char *address)
{
    for (unsigned i = 0; i < MODEL_MAILBOXES; i++)
        if (strcmp(model->mailboxes[i], address) == 0)
            return true;
    return false;
}

// Bytes of `local` that the most specific row names; 0: no row does.
static size_t row_of(const struct model *model, const char *local, const char *domain,
                     char row[MODEL_ADDRESS_MAX])
{
    for (size_t len = strlen(local); len > 0; len--) {
        join(row, local, len, domain, "");
        if ((local[len] == '\0' || local[len] == '+') && (has_alias(model, row) || has_mailbox(model, row)))
            return len;
    }
    return 0;
}

// The store has a user for each row and for each address without one: its own "+" is not the store's.
static bool take(struct walk *walk, const char *local, size_t user_len, const struct model_domain *domain,
                 bool vouched_only)
{
    char user[MODEL_ADDRESS_MAX];
    size_t len = 0;
    if (!domain->primary || domain->transport)
        deliver(walk, local, domain->name, "");
    for (size_t i = 0; local[i]; i++) {
        const bool own = local[i] == '+' && i < user_len;
        require(len + 4 < sizeof user);
        len += (size_t)snprintf(user + len, sizeof user - len, own ? "=2b" : "%c", local[i]);
    }
    if ((domain->primary || domain->keep_copy) && !vouched_only)
        deliver(walk, user, domain->name, ".store.invalid");
    return true;
}

// The rows of the aliases on the way.
struct way {
    const struct way *before;
    const char *row, *extension;
};

static bool has_end(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static bool arrive(struct walk *walk, const char *address, const struct way *way);

// `row` is the address of the alias, of which `local` is asked for; the rest of it is the extension.
static bool follow(struct walk *walk, const char *row, const char *local, size_t user_len,
                   const struct model_domain *domain, const struct way *before)
{
    const struct way way = {.before = before, .row = row, .extension = local + user_len};
    bool arrived = false;
    for (const struct way *i = before; i; i = i->before)
        if (strcmp(i->row, row) == 0 && has_end(way.extension, i->extension)) {
            *walk->grows = true;
            return false;
        }
    for (unsigned i = 0; i < MODEL_ALIASES; i++) {
        const char *target = walk->model->aliases[i].target;
        char canonical[MODEL_ADDRESS_MAX], extended[MODEL_ADDRESS_MAX];
        if (strcmp(walk->model->aliases[i].address, row) != 0)
            continue;
        const struct model_domain *to = domain_of(walk->model, strchr(target, '@') + 1);
        join(canonical, target, strcspn(target, "@"), to ? to->name : strchr(target, '@') + 1, "");
        const int len = snprintf(extended, sizeof extended, "%.*s%s%s", (int)strcspn(canonical, "@"),
                                 canonical, local + user_len, strchr(canonical, '@'));
        require(len > 0 && (size_t)len < sizeof extended);
        if (strcmp(canonical, row) == 0)
            arrived |= take(walk, local, user_len, domain, false);
        else
            arrived |= arrive(walk, extended, &way);
    }
    return arrived;
}

static bool arrive_here(struct walk *walk, const char *local, const struct model_domain *domain,
                        const struct way *way)
{
    char row[MODEL_ADDRESS_MAX];
    const size_t user_len = row_of(walk->model, local, domain->name, row);
    if (user_len > 0 && has_alias(walk->model, row))
        return follow(walk, row, local, user_len, domain, way);
    if (user_len > 0)
        return take(walk, local, user_len, domain, false);
    if (domain->catchall)
        return take(walk, local, strlen(local), domain, false);
    return !domain->primary && domain->verify && take(walk, local, strlen(local), domain, true);
}

static bool arrive(struct walk *walk, const char *address, const struct way *way)
{
    char local[MODEL_ADDRESS_MAX], canonical[MODEL_ADDRESS_MAX];
    const char *name = strchr(address, '@') + 1;
    const struct model_domain *domain = domain_of(walk->model, name);
    copy(local, address);
    *strchr(local, '@') = '\0';
    join(canonical, local, strlen(local), domain ? domain->name : name, "");
    for (size_t i = 0; i < walk->visited_count; i++)
        if (strcmp(walk->visited[i], canonical) == 0)
            return false;
    require(walk->visited_count < COUNT(walk->visited));
    copy(walk->visited[walk->visited_count++], canonical);
    if (domain)
        return arrive_here(walk, local, domain, way);
    deliver(walk, local, name, "");
    return true;
}

bool model_expand(const struct model *model, const char *address, char (*out)[MODEL_ADDRESS_MAX], size_t max,
                  size_t *count, bool *grows)
{
    static struct walk walk;
    walk = (struct walk){.model = model, .out = out, .max = max, .count = count, .grows = grows};
    *grows = false;
    *count = 0;
    const bool own = domain_of(model, strchr(address, '@') + 1) != NULL;
    const bool exists = arrive(&walk, address, NULL) && own;
    if (*count == 0)
        copy(out[(*count)++], address);
    return exists;
}
