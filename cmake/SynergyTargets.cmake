# SPDX-License-Identifier: GPL-3.0-or-later
# How every library, program and test of the project is compiled.

add_library(syn_options INTERFACE)
target_include_directories(syn_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(syn_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wvla $<$<BOOL:${SYN_WERROR}>:-Werror>
  # Texts for people are cut to their buffers on purpose.
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)
target_compile_definitions(syn_options INTERFACE SYN_VERSION="${PROJECT_VERSION}")
if(SYN_SANITIZE)
  target_compile_options(syn_options INTERFACE
    -fsanitize=${SYN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(syn_options INTERFACE -fsanitize=${SYN_SANITIZE})
endif()
# About what sanitizers see, and an emulated core, fewer cases say as much.
if(CMAKE_SYSTEM_NAME STREQUAL Generic)
  set(fewer 12)
elseif(SYN_SANITIZE)
  set(fewer 6)
else()
  set(fewer 1)
endif()
set(SYN_FEWER ${fewer} CACHE STRING "Tests of random cases try one in so many")
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# syn_library(NAME [FREESTANDING] [LIBS library...]): every *.c of the current folder.
function(syn_library name)
  cmake_parse_arguments(ARG "FREESTANDING" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS} PRIVATE syn_options)
  target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  if(ARG_FREESTANDING)
    target_compile_options(${name} PRIVATE -ffreestanding)
  else()
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  endif()
  if(SYN_FUZZ)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# syn_test(NAME [HOST] SOURCE... [LIBS library...]): one cmocka program, one ctest entry. HOST: it
# needs an operating system, so that it is not run on targets (tests/devices/target).
function(syn_test name)
  cmake_parse_arguments(ARG "HOST" "" "LIBS" ${ARGN})
  add_executable(test_${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(test_${name} PRIVATE ${ARG_LIBS} syn_options cmocka)
  target_compile_definitions(test_${name} PRIVATE _GNU_SOURCE
    SYN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SYN_BINARY_DIR="${PROJECT_BINARY_DIR}"
    SYN_FEWER=${SYN_FEWER})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

# syn_heavy(SECONDS TEST...): each takes a processor for itself, about so long; there are two of them at
# a time, and small tests beside them (the jobs of CMakePresets.json); the longest begin first.
function(syn_heavy seconds)
  set_tests_properties(${ARGN} PROPERTIES COST ${seconds} PROCESSORS 3)
endfunction()

# syn_waiting(SECONDS TEST...): each takes about so long, in which it waits for real time.
function(syn_waiting seconds)
  set_tests_properties(${ARGN} PROPERTIES COST ${seconds})
endfunction()

# Every *.test beside the calling list (tests/cli/README.md) as PREFIX_NAME.
function(syn_script_tests prefix)
  file(GLOB scripts CONFIGURE_DEPENDS *.test)
  foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME ${prefix}_${name}
      COMMAND bash ${PROJECT_SOURCE_DIR}/tests/cli/run $<TARGET_FILE:synergy> ${script})
    set_tests_properties(${prefix}_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
  endforeach()
endfunction()

if(SYN_FUZZ)
  add_custom_target(fuzzers)
endif()

# syn_fuzzer(NAME SOURCE... [LIBS library...]): a libFuzzer target with its corpus under tests/fuzz.
function(syn_fuzzer name)
  if(SYN_FUZZ)
    cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
    add_executable(fuzz_${name} ${ARG_UNPARSED_ARGUMENTS})
    target_link_libraries(fuzz_${name} PRIVATE ${ARG_LIBS} syn_options)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers fuzz_${name})
  endif()
endfunction()
