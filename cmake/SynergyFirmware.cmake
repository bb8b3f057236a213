# SPDX-License-Identifier: MIT
# syn_firmware(BOARD [WIRES] PROFILE NAME [WEAR KIND...] SCRIPT FILE [SOURCES FILE...]): the agent as
# an image for a board, synergy-agent-BOARD.elf, of devices/ports/bare and the board's own sources.
# What it stands for is a profile, whose figures are read here: the device parses no JSON. It also has
# the sensors and actuators of the wearables that WEAR names (devices/profiles/wear), and with WIRES a
# line to another device (bare/pair.h). Beside the calling CMakeLists.txt lies stack.calls
# (scripts/lib/stack): the build fails where the stack may outgrow its region.
#
# syn_boot_loader(BOARD FOLDER AGENTS NAME... [SOURCES FILE...]): for a board that starts by one,
# synergy-boot-BOARD.elf of devices/ports/bare/boot, FOLDER (sources, BOARD.ld, stack.calls) and
# SOURCES; and, since it takes images (devices/boot/BOOT.md), the agents that are for it as such,
# synergy-agent-NAME.img.

# join_kinds(KEY RESULT FILE...): the texts of an array in all of the files, comma separated.
function(join_kinds key result)
  set(kinds "")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} json)
    string(JSON count LENGTH "${json}" ${key})
    math(EXPR last "${count} - 1")
    foreach(i RANGE ${last})
      string(JSON kind GET "${json}" ${key} ${i})
      list(APPEND kinds ${kind})
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES kinds)
  list(JOIN kinds "," joined)
  set(${result} ${joined} PARENT_SCOPE)
endfunction()

# make_figures(PROFILE FOLDER KIND...): devices/ports/bare/figures.h of a profile, below FOLDER.
function(make_figures name folder)
  set(profiles ${PROJECT_SOURCE_DIR}/devices/profiles)
  set(profile ${profiles}/${name}.json)
  list(TRANSFORM ARGN PREPEND ${profiles}/wear/)
  list(TRANSFORM ARGN APPEND .json)
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
  join_kinds(sensors sensors ${profile} ${ARGN})
  join_kinds(actuators actuators ${profile} ${ARGN})
  string(JSON part GET "${json}" part)
  configure_file(${PROJECT_SOURCE_DIR}/devices/ports/bare/figures.h.in
                 ${folder}/devices/ports/bare/figures.h @ONLY)
endfunction()

# finish_firmware(TARGET NAME SCRIPT CALLS...): how an image is linked and what is told of it.
function(finish_firmware target name script)
  set(file ${PROJECT_BINARY_DIR}/synergy-${name})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME synergy-${name} SUFFIX .elf LINK_DEPENDS ${script}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_compile_options(${target} PRIVATE -ffreestanding)
  target_link_options(${target} PRIVATE -T ${script} -Wl,-Map=${file}.map)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/size ${file}.map
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/stack ${file}.map ${ARGN}
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/integers ${file}.elf
    VERBATIM)
  install(TARGETS ${target} DESTINATION ${CMAKE_INSTALL_DATADIR}/synergy/firmware)
endfunction()

function(syn_firmware board)
  cmake_parse_arguments(ARG "WIRES" "PROFILE;SCRIPT" "WEAR;SOURCES" ${ARGN})
  file(APPEND ${PROJECT_BINARY_DIR}/boards "${board}\n")
  set(target agent-${board})
  set(figures ${CMAKE_CURRENT_BINARY_DIR}/${board})
  make_figures(${ARG_PROFILE} ${figures} ${ARG_WEAR})
  file(GLOB bare CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/devices/ports/bare/*.c)
  add_executable(${target} ${ARG_SOURCES} ${bare} ${PROJECT_SOURCE_DIR}/devices/sensors/seeded.c)
  target_include_directories(${target} PRIVATE ${figures})
  target_link_libraries(${target} PRIVATE syn_traffic$<$<BOOL:${ARG_WIRES}>:_wired> syn_agent syn_options)
  finish_firmware(${target} agent-${board} ${ARG_SCRIPT}
                  ${PROJECT_SOURCE_DIR}/devices/ports/bare/stack.calls
                  ${CMAKE_CURRENT_SOURCE_DIR}/stack.calls)
  add_custom_target(firmware-${board} DEPENDS ${target}) # all that the board needs
endfunction()

function(syn_boot_loader board folder)
  cmake_parse_arguments(ARG "" "" "AGENTS;SOURCES" ${ARGN})
  set(target boot-${board})
  set(bare ${PROJECT_SOURCE_DIR}/devices/ports/bare)
  file(GLOB sources CONFIGURE_DEPENDS ${bare}/boot/*.c ${folder}/*.c)
  add_executable(${target} ${sources} ${ARG_SOURCES} ${bare}/start.c)
  target_link_libraries(${target} PRIVATE syn_boot syn_options)
  finish_firmware(${target} boot-${board} ${folder}/${board}.ld ${folder}/stack.calls)
  foreach(agent ${ARG_AGENTS})
    set(image ${PROJECT_BINARY_DIR}/synergy-agent-${agent}.img)
    add_custom_command(OUTPUT ${image}
      COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/image $<TARGET_FILE:agent-${agent}> ${image}
              --board ${board} --version ${PROJECT_VERSION}
      DEPENDS agent-${agent} ${PROJECT_SOURCE_DIR}/scripts/lib/image VERBATIM)
    add_custom_target(image-${agent} ALL DEPENDS ${image})
    add_dependencies(firmware-${agent} image-${agent} ${target})
    install(FILES ${image} DESTINATION ${CMAKE_INSTALL_DATADIR}/synergy/firmware)
  endforeach()
endfunction()
