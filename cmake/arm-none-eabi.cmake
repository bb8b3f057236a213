# SPDX-License-Identifier: GPL-3.0-or-later
# Firmware for Cortex-M: Debian's cross compiler with picolibc, of which only the string functions
# are used. Boards add their core and linker script.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(SYN_CPU "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft" CACHE STRING "Core that is compiled for")
set(CMAKE_C_FLAGS_INIT "${SYN_CPU} --specs=picolibc.specs -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -Wl,--gc-sections")
