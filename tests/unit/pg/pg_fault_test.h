// SPDX-License-Identifier: BSD-2-Clause
#ifndef PG_FAULT_TEST_H
#define PG_FAULT_TEST_H

// Tests in which the server is killed, stopped or changed below the connection.
int pg_fault_test(void);

#endif
