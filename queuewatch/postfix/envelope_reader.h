// SPDX-License-Identifier: BSD-2-Clause
// The envelope in a queue file of Postfix: when the message arrived, and the recipients that it still waits
// for (src/global/record.c, rec_type.h; read as src/qmgr/qmgr_message.c does). Pure: the caller reads the
// file's bytes at the offset that the reader asks for.
//
// A record is a type, a length in units of 7 bits, the lowest first, and so many bytes. The envelope comes
// before the content, and goes on after it; recipients that a milter added are reached by pointers.
#ifndef QUEUEWATCH_POSTFIX_ENVELOPE_READER_H
#define QUEUEWATCH_POSTFIX_ENVELOPE_READER_H

#include "base/slice.h"

#include <stdint.h>

#define ENVELOPE_READER_WINDOW 8192 // bytes that the caller reads at once; no record of an envelope is longer
#define ENVELOPE_READER_STEPS 200000 // records and jumps of one file

enum envelope_rc {
    ENVELOPE_MORE, // give the bytes at `offset`
    ENVELOPE_END,  // all recipients were reported
    ENVELOPE_BAD,  // no envelope, one that is not complete, or beyond the bounds above
};

struct envelope_reader {
    // A recipient that was not delivered yet, as it is in the file. May be called often.
    void (*on_recipient)(struct slice address, void *arg);
    void *arg;
    // ---- read by the caller
    uint64_t offset; // of the next bytes
    int64_t arrival; // seconds since 1970; 0: no record has it
    // ---- of envelope_reader.c alone
    uint64_t after_content; // offset of the records after the content; 0: unknown
    bool is_extracted;      // it is in them
    unsigned steps;
};

// Takes bytes of the file from `offset` on; fewer than ENVELOPE_READER_WINDOW mean that the file ends there.
// Begins with a reader that is zero but for the callback.
enum envelope_rc envelope_reader_take(struct envelope_reader *reader, struct slice bytes)
    __attribute__((warn_unused_result));

#endif
