# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-tracker follows a journal: the tests of the file, with journal files that systemd-journal-remote writes."""
import os
import re
import struct
import subprocess
import time
import unittest

import service_test

WRITER = "/lib/systemd/systemd-journal-remote"


def binary(name, value):
    """A field of the export format (systemd's docs/JOURNAL_EXPORT_FORMATS.md)."""
    return name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"


def entry(line, facility=2):
    found = re.match(r"([^\[: ]+)\[(\d+)\]: (.*)$", line, re.DOTALL)
    identifier, pid, message = found.groups() if found else ("x", "1", line)
    head = (f"__REALTIME_TIMESTAMP={time.time_ns() // 1000}\n__MONOTONIC_TIMESTAMP={time.monotonic_ns() // 1000}\n"
            f"_BOOT_ID={'1' * 32}\n_MACHINE_ID={'2' * 32}\nSYSLOG_FACILITY={facility}\nSYSLOG_IDENTIFIER={identifier}\n_PID=1\nSYSLOG_PID={pid}\n")
    return head.encode("latin-1") + binary("MESSAGE", message.encode("latin-1")) + b"\n"


class JournalTest(service_test.TrackerTest):
    def setUp(self):
        super().setUp()
        self.folder = self.dir + "/journal"
        os.mkdir(self.folder)
        self.mail_log = "journal:" + self.folder
        self.files, self.writer = 0, None
        self.addCleanup(self.end_file)

    def begin_file(self):
        self.files += 1
        self.writer = subprocess.Popen([WRITER, "--output", f"{self.folder}/{self.files:03d}.journal", "-"], stdin=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)

    def end_file(self):
        if self.writer:
            self.writer.stdin.close()
            self.assertEqual(self.writer.wait(), 0)
        self.writer = None

    def write(self, *lines, end="\n", facility=2):
        if not self.writer:
            self.begin_file()
        self.writer.stdin.write(b"".join(entry(line, facility) for line in lines))
        self.writer.stdin.flush()

    def rotate(self, how):
        """journald goes on in another file, and renames the old one."""
        self.end_file()
        if how == "rename":
            os.rename(f"{self.folder}/{self.files:03d}.journal", f"{self.folder}/old@{self.files:03d}.journal")
        self.begin_file()

    def test_other_facilities_are_not_read(self):
        self.write(*service_test.message_lines(1), facility=3)
        self.write(*service_test.message_lines(2))
        self.start(None)
        self.rows("select sender from message", ["s2@out.example"])

    def test_entries_that_are_gone(self):
        """Of what journald removed before it was read the log says so; what is left is read."""
        process = self.start(None)
        self.write(*service_test.message_lines(1))
        self.rows("select count(*) from message_event", ["4"])
        process.kill()
        process.wait()
        self.write(*service_test.message_lines(2))
        self.rotate("cut")
        self.write(*service_test.message_lines(3))
        self.end_file()
        os.unlink(f"{self.folder}/001.journal")
        self.run_daemon()
        self.rows("select sender from message order by 1", ["s1@out.example", "s3@out.example"])
        self.wait_log("lines of the mail log were removed")

    def test_a_file_that_is_removed_while_it_is_read(self):
        process = self.start(None)
        for number in range(1, 6):
            self.write(*service_test.message_lines(number))
            self.rows("select count(*) from message_event", [str(4 * number)])
            self.end_file()
            os.unlink(f"{self.folder}/{number:03d}.journal")
        process.kill()
        process.wait()
        self.write(*service_test.message_lines(6))
        self.run_daemon()
        self.rows("select count(*) from message_event", ["24"])

    def test_a_log_that_cannot_be_read(self):
        os.rmdir(self.folder)
        self.start(None)
        self.wait_log("the mail log cannot be read")
        os.mkdir(self.folder)
        self.write(*service_test.message_lines(1))
        self.rows("select count(*) from message_event", ["4"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
