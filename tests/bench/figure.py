# SPDX-License-Identifier: BSD-2-Clause
"""A figure of a bench: its rounds' median, least and most, and whether it meets its bar."""

import statistics


def report(name, values, at_least=None, below=None):
    """Prints a line; returns whether the bar is met, true where there is none."""
    middle, met, bar = statistics.median(values), True, ""
    if at_least is not None:
        met, bar = middle >= at_least, f"bar >= {at_least}"
    elif below is not None:
        met, bar = middle < below, f"bar < {below}"
    verdict = bar and ("met" if met else "MISSED")
    print(f"{name:<52} median {middle:9.2f}  (min {min(values):.2f}, max {max(values):.2f})  {bar}  {verdict}".rstrip(), flush=True)
    return met


def ratios(rounds, one, other):
    """Of the same round, in which both took their turn."""
    return [result[one] / result[other] for result in rounds]
