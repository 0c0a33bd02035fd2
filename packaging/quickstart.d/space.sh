# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Free space, looked at before anything is done: Postfix refuses mail on a disk that is nearly full, and says so to the client alone.

SPACE_DATA=120  # MB: the databases, the programs and the logs in a new folder
SPACE_BUILD=100 # MB: the build folder, and what the compiler writes meanwhile
SPACE_TEMP=20   # MB

space_check() {
    local limit mail
    limit=$(sed -n 's/^message_size_limit = \([0-9]*\)$/\1/p' "$SOURCE/packaging/postfix/main.cf")
    mail=$((limit * 3 / 2 / 1048576 + 1))
    declare -A SPACE_NEED=() SPACE_WHY=() SPACE_PLACE=()
    space_need "$REAL" "$mail" "$mail MB that Postfix requires before it takes mail, 1.5 × message_size_limit"
    [[ -d $REAL/pgdata ]] || space_need "$REAL" "$SPACE_DATA" "$SPACE_DATA MB for the servers' data"
    [[ -d $SOURCE/build/${EMG_PRESET:-release} ]] ||
        space_need "$SOURCE/build" "$SPACE_BUILD" "$SPACE_BUILD MB for the build in $SOURCE/build"
    space_need "${TMPDIR:-/tmp}" "$SPACE_TEMP" "$SPACE_TEMP MB for temporary files in ${TMPDIR:-/tmp}"
    local device free
    for device in "${!SPACE_NEED[@]}"; do
        free=$(df -B 1048576 --output=avail "${SPACE_PLACE[$device]}" | tail -n 1)
        ((free >= SPACE_NEED[$device])) ||
            die "the file system of ${SPACE_PLACE[$device]} has $((free)) MB free, and ${SPACE_NEED[$device]} MB are needed there" \
                "(${SPACE_WHY[$device]}); make room, or choose another --dir"
    done
}

# space_need PLACE MB WHY: what is needed on one file system adds up
space_need() {
    local place=$1 device
    until [[ -d $place ]]; do place=$(dirname "$place"); done
    device=$(stat -c %d "$place")
    SPACE_PLACE[$device]=${SPACE_PLACE[$device]:-$place}
    SPACE_NEED[$device]=$((${SPACE_NEED[$device]:-0} + $2))
    SPACE_WHY[$device]=${SPACE_WHY[$device]:+${SPACE_WHY[$device]}, }$3
}
