// SPDX-License-Identifier: BSD-2-Clause
#ifndef UNIT_FILE_TEXT_H
#define UNIT_FILE_TEXT_H

// Returns all that the file holds, on the heap, ending in NUL; fails the test where there is no such file.
char *file_text_read(const char *path) __attribute__((warn_unused_result));

#endif
