# SPDX-License-Identifier: BSD-2-Clause
"""SPF checks by our workers: how many a second beside python-policyd-spf, and how long one takes. DNS is warm."""

import re
import subprocess

from figure import ratios, report
from spf_policyd import PolicydSpf, rate
from spf_zone import CLIENT, DOMAINS, SERVER

RATE_BAR, MEDIAN_BAR_US = 10, 60
SHAPES = ("simple", "chain")
AT_ONCE = 8


def figures(*command):
    """The numbers of the last line: "median 20.1  p99 30.5  checks/s 40000"."""
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in re.findall(r"(\S+) ([0-9.]+)", out.splitlines()[-1])}, out


def own(args, shape, checks, threads):
    seen, out = figures(f"{args.build}/tests/bench/spf_round_trip", f"{args.build}/spfworker/emailgency-spf-worker", SERVER,
                        CLIENT, f"a@{shape}*.bench.example", str(checks // threads), str(threads), str(min(threads, 2)), str(DOMAINS))
    assert out.startswith("pass by "), out
    return seen


def echo(args, checks):
    """The same way to a worker that sends back what it got."""
    return figures(f"{args.build}/tests/bench/worker_round_trip", f"{args.build}/tests/unit/worker/echo_worker", str(checks))[0]


def senders(shape):
    return [f"a@{shape}{number}.bench.example" for number in range(DOMAINS)]


def bench_rate(args, name_server):
    servers, met = [PolicydSpf(name_server) for _ in range(AT_ONCE)], []
    try:
        for server in servers:
            assert "Pass" in server.check(CLIENT, senders("simple")[0])
        for shape in SHAPES:
            for threads in (1, AT_ONCE):
                rounds = [{"policyd-spf": rate(servers[:threads], CLIENT, senders(shape), 2 * DOMAINS // threads),
                           "own": own(args, shape, args.checks, threads)["checks/s"]} for _ in range(args.rounds)]
                for name in rounds[0]:
                    report(f"{shape}, {threads} at once, {name}: checks a second", [result[name] for result in rounds])
                met.append(report(f"{shape}, {threads} at once, emailgency / policyd-spf", ratios(rounds, "own", "policyd-spf"),
                                  at_least=RATE_BAR))
    finally:
        for server in servers:
            server.stop()
    return all(met)


def bench_time(args):
    rounds = [{"echo": echo(args, args.checks)} | {shape: own(args, shape, args.checks, 1) for shape in SHAPES}
              for _ in range(args.rounds)]
    report("way to an echoing worker and back, median us", [result["echo"]["median"] for result in rounds])
    met = []
    for shape in SHAPES:
        met.append(report(f"{shape} check, median us", [result[shape]["median"] for result in rounds], below=MEDIAN_BAR_US))
        report(f"{shape} check, p99 us", [result[shape]["p99"] for result in rounds])
        report(f"{shape} check / way to an echoing worker, median",
               [result[shape]["median"] / result["echo"]["median"] for result in rounds])
    return all(met)
