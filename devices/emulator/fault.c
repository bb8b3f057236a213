/* SPDX-License-Identifier: MIT */
#include "devices/emulator/internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *syn_emulator_fault_name(enum syn_emulator_fault_kind kind)
{
    static const char *const names[SYN_FAULT_COUNT] = {
        [SYN_FAULT_NONE] = "none",
        [SYN_FAULT_ADDRESS] = "address",
        [SYN_FAULT_POWER] = "power",
        [SYN_FAULT_CLOCK] = "clock",
        [SYN_FAULT_BUSY] = "busy",
        [SYN_FAULT_LAYERS] = "layers",
        [SYN_FAULT_QUADRANTS] = "quadrants",
        [SYN_FAULT_REGISTERS] = "registers",
        [SYN_FAULT_RANGE] = "range",
        [SYN_FAULT_OVERWRITE] = "overwrite",
        [SYN_FAULT_LIMIT] = "limit",
        [SYN_FAULT_UNWRITTEN] = "unwritten",
        [SYN_FAULT_UNMODELLED] = "unmodelled",
        [SYN_FAULT_MEMORY] = "memory",
    };

    return (unsigned)kind < SYN_FAULT_COUNT ? names[kind] : "unknown";
}

struct syn_emulator_fault fault_make(enum syn_emulator_fault_kind kind, int layer, int quadrant,
                                     uint32_t address, const char *format, ...)
{
    struct syn_emulator_fault fault = {
        .kind = kind, .layer = layer, .quadrant = quadrant, .address = address};
    va_list arguments;

    va_start(arguments, format);
    /* The analyzer takes va_start() for nothing in some orders of files.
     * NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(fault.words, sizeof fault.words, format, arguments);
    va_end(arguments);
    return fault;
}

void fault_raise(struct syn_emulator *e, const struct syn_emulator_fault *fault)
{
    if (e->fault.kind == SYN_FAULT_NONE)
        e->fault = *fault;
    e->run.stage = STAGE_REST;
}

const struct syn_emulator_fault *syn_emulator_fault(const struct syn_emulator *emulator)
{
    return emulator->fault.kind == SYN_FAULT_NONE ? NULL : &emulator->fault;
}

void syn_emulator_clear_fault(struct syn_emulator *emulator)
{
    emulator->fault = (struct syn_emulator_fault){.kind = SYN_FAULT_NONE};
}
