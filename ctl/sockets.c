// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/sockets.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

enum { GROUPS_MAX = 64, PATH_SIZE = 512 };

struct owner {
    uid_t uid;
    gid_t groups[GROUPS_MAX];
    int count;
};

static bool read_owner(struct slice name, struct owner *out)
{
    char text[64];
    out->count = GROUPS_MAX;
    if (!slice_copy(name, text, sizeof text))
        return false;
    const struct passwd *user = getpwnam(text);
    if (!user)
        return false;
    out->uid = user->pw_uid;
    if (getgrouplist(text, user->pw_gid, out->groups, &out->count) < 0)
        out->count = GROUPS_MAX;
    return true;
}

// `bits` as for "others": 1 to enter a folder, 2 to connect to a socket (unix(7)).
static bool may(const struct owner *owner, const struct stat *file, mode_t bits)
{
    if (file->st_uid == owner->uid)
        return (file->st_mode & bits << 6) != 0;
    for (int i = 0; i < owner->count; i++)
        if (file->st_gid == owner->groups[i])
            return (file->st_mode & bits << 3) != 0;
    return (file->st_mode & bits) != 0;
}

static void judge(const char *path, const struct stat *folder, const struct stat *socket,
                  const struct owner *owner, struct findings *findings)
{
    if (!S_ISSOCK(socket->st_mode))
        finding_add(findings, FINDING_ERROR, path, NULL, "Postfix cannot connect to it", "is no socket");
    else if (!may(owner, folder, 1) || !may(owner, socket, 2))
        finding_add(findings, FINDING_ERROR, path, "chgrp postfix, chmod 0660",
                    "Postfix's user may not connect: its requests fail",
                    "has mode %04o in a folder of mode %04o", (unsigned)(socket->st_mode & 07777),
                    (unsigned)(folder->st_mode & 07777));
    else if (socket->st_mode & 2 && folder->st_mode & 1)
        finding_add(findings, FINDING_WARNING, path, "chmod 0660",
                    "every user on this host may query the rows through it", "has mode %04o",
                    (unsigned)(socket->st_mode & 07777));
    else
        finding_add(findings, FINDING_OK, path, NULL, NULL, "Postfix may connect");
}

static void check_socket(struct slice queue, const char *name, const struct owner *owner,
                         struct findings *findings)
{
    char folder_path[PATH_SIZE], path[PATH_SIZE + 32];
    struct stat folder, socket;
    snprintf(folder_path, sizeof folder_path, "%.*s/emailgency", (int)queue.len, queue.ptr);
    snprintf(path, sizeof path, "%s/%s", folder_path, name);
    if (stat(folder_path, &folder) == 0 && stat(path, &socket) == 0)
        judge(path, &folder, &socket, owner, findings);
    else
        finding_add(findings, FINDING_ERROR, path, NULL, "nothing answers: is the daemon running?", "%s",
                    strerror(errno));
}

void sockets_check(const struct postconf *postconf, bool milter, struct findings *findings)
{
    static struct owner owner;
    const struct slice queue = postconf_value(postconf, "queue_directory");
    const struct slice name = postconf_value(postconf, "mail_owner");
    if (!read_owner(name, &owner)) {
        finding_add(findings, FINDING_ERROR, "mail_owner", "mail_owner = postfix", "Postfix does not start",
                    "there is no user %.*s", (int)name.len, name.ptr);
        return;
    }
    check_socket(queue, "policyd", &owner, findings);
    check_socket(queue, "transportmap", &owner, findings);
    if (milter)
        check_socket(queue, "milter", &owner, findings);
}
