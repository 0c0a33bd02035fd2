// SPDX-License-Identifier: BSD-2-Clause
// A file of lines that outlives the process: each line is written at once, so that it survives a killed
// process, and spool_file_sync makes the lines survive a crash of the machine. A last line without line feed
// was cut by a crash, and is dropped.
#ifndef NOTIFIER_SPOOL_SPOOL_FILE_H
#define NOTIFIER_SPOOL_SPOOL_FILE_H

#include "base/slice.h"

#include <stdio.h>

#define SPOOL_LINE_MAX 4096 // bytes, line feed included

struct spool_file;

// `path` is FOLDER/NAME; "": nothing is kept. At most `bytes_max` are written. Out of memory ends the
// process.
struct spool_file *spool_file_create(const char *path, size_t bytes_max);
// Syncs the lines that are not synced yet. NULL is allowed.
void spool_file_destroy(struct spool_file *file);

// Calls `use` for each whole line that an earlier process left, without its line feed; it returns false for
// one that it cannot read. Returns how many those were, a cut last line included. To be called before the
// first line is added.
unsigned spool_file_read(struct spool_file *file, bool (*use)(struct slice line, void *arg), void *arg);

// Adds a line, which has no line feed. Returns false if the file is full or cannot be written, which is
// logged.
bool spool_file_add(struct spool_file *file, const char *line);

// Replaces the file by the lines that `write` writes with their line feeds. If that fails, which is logged,
// the file is as it was.
bool spool_file_replace(struct spool_file *file, void (*write)(FILE *out, void *arg), void *arg);

// Removes all lines.
void spool_file_clear(struct spool_file *file);

// Waits for the disk, if lines were added since the last call.
void spool_file_sync(struct spool_file *file);

// Bytes that the file has.
size_t spool_file_size(const struct spool_file *file);

#endif
