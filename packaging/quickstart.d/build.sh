# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The daemons, built in the source tree's build folder.

build_daemons() {
    local preset=${EMG_PRESET:-release} testing=OFF fresh=()
    BUILD=$SOURCE/build/$preset
    mkdir -p "$BUILD"
    say "building ($preset)"
    # The build folder is shared with tests/run; what only the tests need may not be installed here.
    pkg-config --exists cmocka && testing=ON
    # CMake refuses the folder of sources that were moved or copied.
    [[ ! -e $BUILD/CMakeCache.txt ]] || grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$SOURCE" "$BUILD/CMakeCache.txt" || fresh=(--fresh)
    (
        cd "$SOURCE"
        exec 8>"$BUILD.lock"
        flock 8 # two quickstarts share one build folder
        cmake --preset "$preset" "${fresh[@]}" -DBUILD_TESTING=$testing || exit
        cmake --build --preset "$preset" --target emailgencyctl emailgency-replicator emailgency-policyd \
            emailgency-transportmap emailgency-milter emailgency-queuewatch emailgency-notifier emailgency-report \
            emailgency-tracker emailgency-keeper emailgency-queuehold emailgency-spf-worker \
            emailgency-console emailgency-console-auth emailgency-console_catalogues
    ) >"$BUILD/quickstart.log" 2>&1 || { tail -n 40 "$BUILD/quickstart.log" >&2 && die "the build failed; see $BUILD/quickstart.log"; }
}
