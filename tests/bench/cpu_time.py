# SPDX-License-Identifier: BSD-2-Clause
"""Processor time of processes: what work costs, whatever else the machine does meanwhile."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat after the name, the state first; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def family_seconds(pid):
    """Seconds that the process and its children have used, those included that it has waited for."""
    own = stat(pid)
    total = sum(map(int, own[11:15]))  # utime, stime, cutime, cstime
    for name in os.listdir("/proc"):
        fields = stat(name) if name.isdigit() else None
        if fields and fields[1] == str(pid):
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def thread_seconds(pid):
    """Seconds, to the nanosecond, of all threads that run in the process and in its children."""
    total = 0
    children = [name for name in os.listdir("/proc") if name.isdigit() and (stat(name) or "  ")[1] == str(pid)]
    for process in [str(pid), *children]:
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total / 1e9
