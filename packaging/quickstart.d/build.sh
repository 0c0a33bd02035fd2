# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The daemons, built in the source tree's build folder.

build_daemons() {
    local preset=${EMG_PRESET:-release}
    BUILD=$SOURCE/build/$preset
    mkdir -p "$BUILD"
    say "building ($preset)"
    (
        cd "$SOURCE"
        exec 8>"$BUILD.lock"
        flock 8 # two quickstarts share one build folder
        cmake --preset "$preset" && cmake --build --preset "$preset"
    ) >"$BUILD/quickstart.log" 2>&1 || { tail -n 40 "$BUILD/quickstart.log" >&2 && die "the build failed; see $BUILD/quickstart.log"; }
}
