#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A replica on a read-only file system is refused: readers could not register. Usage: read_only_test.sh REPLICA_FROM_ROWS DUMP
set -eu
folder=$(mktemp -d /tmp/emg-ro-XXXXXX)
trap 'rm -rf "$folder"' EXIT
printf 'plan basic\ndomain a.example\n' | "$1" "$folder"
"$2" "$folder" >/dev/null
code=0
said=$(unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$1"' sh "$folder" "$2" 2>&1) || code=$?
[[ $code == 69 && $said == *"lock.mdb is on a read-only file system"* ]] || { echo "exit $code: $said" && exit 1; }
