# A target sees the headers of the layers it links and of no other: each layer has an include root of its own, a
# folder that holds one link to the layer's folder. `#include "base/slice.h"` compiles only where `base` is linked.

add_library(emg_flags INTERFACE)
target_compile_definitions(emg_flags INTERFACE _GNU_SOURCE)
target_compile_options(emg_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Werror)
emg_harden(emg_flags)

# layer_include(TARGET PATH): lets users of TARGET write `#include "PATH/…"`, and see no other folder. The roots are not in
# "include": older build trees have links of the same names there, and those lead to whole folders of sources.
function(layer_include target path)
    set(root ${CMAKE_BINARY_DIR}/roots/${target})
    get_filename_component(parent ${root}/${path} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${path} SYMBOLIC)
    target_include_directories(${target} PUBLIC ${root})
endfunction()

# emg_layer(NAME SOURCES … LAYERS … LIBRARIES …): a static library of the folder lib/FOLDER that it is called in, reached as
# "FOLDER/x.h". LAYERS are the layers it may include; LIBRARIES are outside libraries, which its users do not see.
function(emg_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
    get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    add_library(${name} STATIC ${ARG_SOURCES})
    layer_include(${name} ${folder})
    target_link_libraries(${name} PUBLIC ${ARG_LAYERS} PRIVATE emg_flags ${ARG_LIBRARIES})
endfunction()

# emg_part(NAME SOURCES … LAYERS … LIBRARIES …): a static library of one program, made of the folder that it is called in
# and reached by that folder's path: `#include "policyd/decide/envelope.h"`.
function(emg_part name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    add_library(${name} STATIC ${ARG_SOURCES})
    layer_include(${name} ${folder})
    target_link_libraries(${name} PUBLIC ${ARG_LAYERS} PRIVATE emg_flags ${ARG_LIBRARIES})
endfunction()

# emg_program(NAME SOURCES … LAYERS … LIBRARIES …): what the folder holds beside its parts.
function(emg_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    add_executable(${name} ${ARG_SOURCES})
    layer_include(${name} ${folder})
    target_link_libraries(${name} PRIVATE emg_flags ${ARG_LAYERS} ${ARG_LIBRARIES})
endfunction()

# emg_test(NAME SOURCES … LAYERS … LIBRARIES …): a cmocka program, run by ctest. It links only what the tested module
# may use, so that the linker keeps the layers too.
function(emg_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_compile_definitions(${name} PRIVATE EMG_CASES="${CMAKE_SOURCE_DIR}/tests/cases")
    target_link_libraries(${name} PRIVATE emg_flags ${ARG_LAYERS} ${ARG_LIBRARIES} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
endfunction()
