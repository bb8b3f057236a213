# SPDX-License-Identifier: MIT
# syn_firmware(BOARD PROFILE NAME SCRIPT FILE [SOURCES FILE...]): the agent as an image for a board,
# synergy-agent-BOARD.elf, of devices/ports/bare and the board's own sources. What it stands for is
# a profile, whose figures are read here: the device parses no JSON. Beside the calling CMakeLists.txt
# lies stack.calls (scripts/lib/stack): the build fails where the stack may outgrow its region.

# join_kinds(JSON KEY RESULT): the texts of an array of the profile, comma separated.
function(join_kinds json key result)
  string(JSON count LENGTH "${json}" ${key})
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON kind GET "${json}" ${key} ${i})
    list(APPEND kinds ${kind})
  endforeach()
  list(JOIN kinds "," joined)
  set(${result} ${joined} PARENT_SCOPE)
endfunction()

# make_figures(PROFILE FOLDER): devices/ports/bare/figures.h of a profile, below FOLDER.
function(make_figures name folder)
  set(profile ${PROJECT_SOURCE_DIR}/devices/profiles/${name}.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${profile})
  file(READ ${profile} json)
  set(timing "")
  foreach(key accel_hz start_ns word_ns configure_layer_ns weight_byte_ps sense_ns act_ns
          message_ns byte_ps idle_uw arena_bytes)
    string(JSON value GET "${json}" figures ${key} value)
    string(APPEND timing "        .${key} = ${value}, \\\n")
    set(${key} ${value})
  endforeach()
  set(active "")
  foreach(unit sensor cpu accel radio)
    string(JSON value GET "${json}" figures ${unit}_uw value)
    string(TOUPPER ${unit} UNIT)
    string(APPEND active "[SYN_UNIT_${UNIT}] = ${value}, ")
  endforeach()
  join_kinds("${json}" sensors sensors)
  join_kinds("${json}" actuators actuators)
  string(JSON part GET "${json}" part)
  configure_file(${PROJECT_SOURCE_DIR}/devices/ports/bare/figures.h.in
                 ${folder}/devices/ports/bare/figures.h @ONLY)
endfunction()

function(syn_firmware board)
  cmake_parse_arguments(ARG "" "PROFILE;SCRIPT" "SOURCES" ${ARGN})
  set(target agent-${board})
  set(name ${PROJECT_BINARY_DIR}/synergy-agent-${board})
  set(figures ${CMAKE_CURRENT_BINARY_DIR}/${board})
  make_figures(${ARG_PROFILE} ${figures})
  file(GLOB bare CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/devices/ports/bare/*.c)
  add_executable(${target} ${ARG_SOURCES} ${bare} ${PROJECT_SOURCE_DIR}/devices/sensors/seeded.c)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME synergy-agent-${board} SUFFIX .elf LINK_DEPENDS ${ARG_SCRIPT}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(${target} PRIVATE ${figures})
  target_compile_options(${target} PRIVATE -ffreestanding)
  target_link_options(${target} PRIVATE -T ${ARG_SCRIPT} -Wl,-Map=${name}.map)
  target_link_libraries(${target} PRIVATE syn_agent syn_options)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/size ${name}.map
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/stack ${name}.map
            ${PROJECT_SOURCE_DIR}/devices/ports/bare/stack.calls
            ${CMAKE_CURRENT_SOURCE_DIR}/stack.calls
    VERBATIM)
  install(TARGETS ${target} DESTINATION ${CMAKE_INSTALL_DATADIR}/synergy/firmware)
endfunction()
