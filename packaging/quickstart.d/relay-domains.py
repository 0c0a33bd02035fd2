# SPDX-License-Identifier: BSD-2-Clause
"""Keeps Postfix's relay_domains table equal to the rows, and as it is while PostgreSQL is away."""
import subprocess
import sys
import time

import psycopg

POLL_SECONDS = 0.2
RETRY_SECONDS = 0.5


def write(path, domains):
    """LMDB tables change in one transaction under running readers; the text beside is for people."""
    with open(path, "w", encoding="ascii") as table:
        table.writelines(f"{domain} OK\n" for domain in domains)
    subprocess.run(["postmap", "-c", path.rpartition("/")[0], f"lmdb:{path}"], check=True)


def read(connection):
    return [row[0] for row in connection.execute("select name from postfix_relay_domains order by 1")]


def follow(conninfo, path):
    written = None
    while True:
        try:
            with psycopg.connect(conninfo, autocommit=True, connect_timeout=2) as connection:
                while True:
                    domains = read(connection)
                    if domains != written:
                        write(path, domains)
                        written = domains
                    time.sleep(POLL_SECONDS)
        except psycopg.Error as error:
            print(f"relay domains stay as they are: {error}".strip(), flush=True)
            time.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    if sys.argv[1] == "--once":
        with psycopg.connect(sys.argv[2]) as once:
            write(sys.argv[3], read(once))
    else:
        follow(*sys.argv[1:])
