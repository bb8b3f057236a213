/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accelerator: devices/emulator at the register level, with time. It computes at once when it
 * is started, and is done, as the bus and the interrupt see it, after the cycles that it says. */
#include "tests/devices/max78000/internal.h"

#include "devices/emulator/emulator.h"
#include "devices/kernels/choose.h"
#include "devices/part/registers.h"

#include <string.h>

bool cnn_new(struct machine *m)
{
    if (syn_emulator_new(&m->cnn.emulator, &syn_part_max78000))
        return false;
    syn_emulator_use(m->cnn.emulator, syn_kernels_fastest());
    return true;
}

void cnn_reset(struct machine *m)
{
    syn_emulator_reset(m->cnn.emulator);
    m->cnn.running = false;
    m->cnn.done = NEVER;
}

struct syn_emulator *machine_accelerator(struct machine *m)
{
    return m->cnn.emulator;
}

void machine_hang_accelerator(struct machine *m)
{
    m->cnn.hang = true;
}

static void check(struct machine *m)
{
    const struct syn_emulator_fault *f = syn_emulator_fault(m->cnn.emulator);
    if (f)
        machine_fail(m, "accelerator (%s, layer %d, quadrant %d, 0x%08x): %s",
                     syn_emulator_fault_name(f->kind), f->layer, f->quadrant, f->address, f->words);
}

static void begin(struct machine *m)
{
    if (!m->gcr.vrego_c)
        machine_fail(m, "the accelerator is started before its voltage is set");
    if (m->gcr.pclkdiv >> 14 != 4)
        machine_fail(m, "the accelerator is not at 50 MHz");
    m->cnn.running = true;
    m->cnn.done = NEVER;
    if (m->cnn.hang)
        return;
    while (syn_emulator_step(m->cnn.emulator, UINT64_MAX))
        ;
    check(m);
    m->cnn.done = m->now + (int64_t)syn_emulator_cycles(m->cnn.emulator) * PCLK_NS;
    machine_reschedule(m);
}

static bool is_control(const struct machine *m, uint32_t address)
{
    (void)m;
    for (unsigned q = 0; q < 4; q++)
        if (address == syn_control_address(&syn_registers_max78000, q, SYN_REG_CTL))
            return true;
    return false;
}

static bool is_data(uint32_t address)
{
    for (unsigned i = 0; i < 16; i++)
        if (address - syn_data_address(&syn_registers_max78000, i) < 0x8000)
            return true;
    return false;
}

uint32_t cnn_read(struct machine *m, uint32_t address, unsigned size)
{
    if (size != 4)
        machine_fail(m, "%u bytes are read at 0x%08x", size, address);
    if (m->cnn.running && is_data(address))
        machine_fail(m, "data are read at 0x%08x while the accelerator works", address);
    uint32_t value = syn_emulator_read(m->cnn.emulator, address);
    check(m);
    if (m->cnn.running && is_control(m, address))
        value = (value & ~SYN_CTL_DONE) | SYN_CTL_ENABLE;
    return value;
}

void cnn_write(struct machine *m, uint32_t address, unsigned size, uint32_t value)
{
    bool stops = is_control(m, address) && !(value & SYN_CTL_ENABLE);
    if (m->cnn.running && !stops && !is_data(address))
        machine_fail(m, "0x%08x is written while the accelerator works", address);
    if (size == 1)
        syn_emulator_write_byte(m->cnn.emulator, address, (uint8_t)value);
    else if (size == 4)
        syn_emulator_write(m->cnn.emulator, address, value);
    else
        machine_fail(m, "%u bytes are written at 0x%08x", size, address);
    check(m);
    if (stops && m->cnn.running) {
        m->cnn.running = m->cnn.hang = false;
        m->cnn.done = NEVER;
    }
    if (syn_emulator_running(m->cnn.emulator) && !m->cnn.running)
        begin(m);
}

int64_t cnn_next(const struct machine *m)
{
    return m->cnn.done;
}

void cnn_advance(struct machine *m)
{
    if (m->now < m->cnn.done)
        return;
    m->cnn.done = NEVER;
    m->cnn.running = false;
}

bool cnn_line(const struct machine *m)
{
    return !m->cnn.running && syn_emulator_interrupt(m->cnn.emulator);
}
