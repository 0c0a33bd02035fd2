// SPDX-License-Identifier: BSD-2-Clause
// libmilter's events: each is decoded, decided elsewhere and answered. Any of them may run on any thread.
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

struct smfiDesc callbacks_table(void);

#endif
