/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core, its time and its exceptions. */
#include "tests/devices/max78000/internal.h"

#include "devices/emulator/emulator.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NS_PER_INSTRUCTION = 10,
    HARD_FAULT = 3,
    FRAME_WORDS = 8,
    ALIGNED = 1 << 9, /* of the pushed status: a word was left out */
    CFSR_BUS = 1 << 9,
    CFSR_STACKING = 1 << 12,
    CFSR_UNDEFINED = 1 << 16,
};

#define EXC_RETURN_THREAD 0xfffffff9u
#define IT_BITS           0x0600fc00u /* of the status: inside an if-then block */

static const int frame_registers[FRAME_WORDS] = {UC_ARM_REG_R0, UC_ARM_REG_R1,  UC_ARM_REG_R2,
                                                 UC_ARM_REG_R3, UC_ARM_REG_R12, UC_ARM_REG_LR,
                                                 UC_ARM_REG_PC, UC_ARM_REG_XPSR};

static uint32_t get(const struct machine *m, int reg)
{
    uint32_t value = 0;
    (void)uc_reg_read(m->uc, reg, &value);
    return value;
}

static void set(struct machine *m, int reg, uint32_t value)
{
    (void)uc_reg_write(m->uc, reg, &value);
}

/* ---- errors ---- */

void machine_fail(struct machine *m, const char *format, ...)
{
    va_list args;
    if (m->error[0])
        return;
    va_start(args, format);
    int n = vsnprintf(m->error, sizeof m->error, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof m->error)
        (void)snprintf(m->error + n, sizeof m->error - (size_t)n, " (core near 0x%08x, at %.6f s)",
                       get(m, UC_ARM_REG_PC), (double)m->now / 1e9);
    uc_emu_stop(m->uc);
}

const char *machine_error(const struct machine *m)
{
    return m->error[0] ? m->error : NULL;
}

/* ---- time ---- */

void machine_reschedule(struct machine *m)
{
    m->next_event = NEVER_NS;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void raise_lines(struct machine *m)
{
    if (watchdog_line(m))
        nvic_raise(m, IRQ_WDT0);
    if (timer_line(m, 0))
        nvic_raise(m, IRQ_TMR0);
    if (timer_line(m, 1))
        nvic_raise(m, IRQ_TMR1);
    if (uart_line(m, 0))
        nvic_raise(m, IRQ_UART0);
    if (uart_line(m, 1))
        nvic_raise(m, IRQ_UART2);
    if (cnn_line(m))
        nvic_raise(m, IRQ_CNN);
}

/* Everything that has happened up to now, and when something happens next. */
static void advance(struct machine *m)
{
    int64_t next = NEVER;
    flash_advance(m);
    watchdog_advance(m);
    cnn_advance(m);
    for (unsigned i = 0; i < 2; i++) {
        timer_advance(m, i);
        uart_advance(m, i);
        next = earlier(next, earlier(timer_next(m, i), uart_next(m, i)));
    }
    next = earlier(next, earlier(flash_next(m), earlier(watchdog_next(m), cnn_next(m))));
    m->next_event = next;
    raise_lines(m);
}

/* ---- execution ---- */

static unsigned count_instructions(const uint8_t *code, uint32_t size)
{
    unsigned n = 0;
    for (uint32_t at = 0; at < size; n++)
        at += (code[at + 1] & 0xf8) >= 0xe8 ? 4 : 2;
    return n;
}

static unsigned instructions(struct machine *m, uint32_t address, uint32_t size)
{
    uint32_t offset = address - MACHINE_FLASH_BASE;
    if (offset >= MACHINE_FLASH_SIZE)
        return address - RAM_BASE < RAM_SIZE ? count_instructions(m->ram + address - RAM_BASE, size)
                                             : 1;
    if (m->lengths[offset / 2] == 0)
        m->lengths[offset / 2] = (uint8_t)count_instructions(m->flash + offset, size);
    return m->lengths[offset / 2];
}

static bool can_interrupt(const struct machine *m)
{
    return m->nvic.active == 0 && get(m, UC_ARM_REG_PRIMASK) == 0 &&
           (get(m, UC_ARM_REG_XPSR) & IT_BITS) == 0;
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    struct machine *m = user;
    if (m->now >= m->next_event)
        advance(m);
    if (m->error[0] || m->off || m->reset_requested || m->now >= m->until ||
        (nvic_next(m) && can_interrupt(m))) {
        uc_emu_stop(uc);
        return;
    }
    unsigned n = instructions(m, (uint32_t)address, size);
    m->counts.instructions += n;
    m->now += (int64_t)n * NS_PER_INSTRUCTION;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    struct machine *m = user;
    enum { UNDEFINED = 1, EXCEPTION_EXIT = 8 };
    if (number == UNDEFINED)
        m->fault = CFSR_UNDEFINED;
    else if (number != EXCEPTION_EXIT)
        machine_fail(m, "the core raises %u", number);
    uc_emu_stop(uc);
}

/* ---- exceptions ---- */

static bool in_ram(uint32_t address, uint32_t size)
{
    return address >= RAM_BASE && address - RAM_BASE <= RAM_SIZE - size;
}

static uint32_t word(const struct machine *m, uint32_t address)
{
    uint32_t value = 0;
    (void)uc_mem_read(m->uc, address, &value, sizeof value);
    return value;
}

static void enter(struct machine *m, unsigned exception)
{
    uint32_t sp = get(m, UC_ARM_REG_SP), frame[FRAME_WORDS];
    uint32_t padded = sp & 4, status = get(m, UC_ARM_REG_XPSR);
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        frame[i] = get(m, frame_registers[i]);
    frame[FRAME_WORDS - 1] = status | (padded ? ALIGNED : 0) | 1u << 24;
    sp -= padded + (uint32_t)sizeof frame;
    if (in_ram(sp, sizeof frame))
        memcpy(m->ram + (sp - RAM_BASE), frame, sizeof frame);
    else if (exception == HARD_FAULT) /* nothing is pushed, but the handler is entered */
        m->nvic.cfsr |= CFSR_STACKING;
    else
        machine_fail(m, "no stack for exception %u, at 0x%08x", exception, sp);
    uint32_t handler = word(m, m->nvic.vtor + 4 * exception);
    if (!(handler & 1))
        machine_fail(m, "exception %u has no handler", exception);
    set(m, UC_ARM_REG_SP, sp);
    set(m, UC_ARM_REG_LR, EXC_RETURN_THREAD);
    set(m, UC_ARM_REG_XPSR, (status & 0xf8000000u) | 1u << 24 | exception);
    set(m, UC_ARM_REG_IPSR, exception);
    set(m, UC_ARM_REG_PC, handler & ~1u);
    m->nvic.active = (uint16_t)exception;
    m->counts.interrupts++;
}

static void leave(struct machine *m)
{
    uint32_t sp = get(m, UC_ARM_REG_SP), frame[FRAME_WORDS];
    if (!in_ram(sp, sizeof frame) || m->nvic.active == 0) {
        machine_fail(m, "a return from an exception that there is not");
        return;
    }
    memcpy(frame, m->ram + (sp - RAM_BASE), sizeof frame);
    for (unsigned i = 0; i < FRAME_WORDS - 1; i++)
        set(m, frame_registers[i], frame[i]);
    set(m, UC_ARM_REG_SP, sp + (uint32_t)sizeof frame + (frame[FRAME_WORDS - 1] & ALIGNED ? 4 : 0));
    set(m, UC_ARM_REG_XPSR, frame[FRAME_WORDS - 1] & ~(uint32_t)(ALIGNED | 0x1ff));
    set(m, UC_ARM_REG_IPSR, 0);
    m->nvic.active = 0;
    raise_lines(m);
}

static void take_interrupt(struct machine *m)
{
    unsigned exception = nvic_next(m);
    if (!exception || !can_interrupt(m))
        return;
    m->nvic.pending[(exception - 16) / 32] &= ~(1u << (exception - 16) % 32);
    enter(m, exception);
}

static void take_fault(struct machine *m)
{
    uint32_t status = m->fault;
    m->fault = 0;
    m->nvic.cfsr |= status;
    m->nvic.hfsr |= 1u << 30; /* it was escalated */
    if (m->nvic.active == HARD_FAULT)
        machine_fail(m, "a fault inside a fault: the core is locked up");
    else
        enter(m, HARD_FAULT);
}

/* ---- life ---- */

static void reset(struct machine *m, bool power)
{
    m->reset_requested = m->sleeping = m->off = false;
    m->fault = 0;
    gcr_reset(m);
    nvic_reset(m);
    watchdog_reset(m, power);
    flash_reset(m, power);
    cnn_reset(m);
    for (unsigned i = 0; i < 3; i++)
        gpio_reset(m, i);
    for (unsigned i = 0; i < 2; i++) {
        timer_reset(m, i);
        uart_reset(m, i);
    }
    set(m, UC_ARM_REG_PRIMASK, 0);
    set(m, UC_ARM_REG_XPSR, 1u << 24);
    set(m, UC_ARM_REG_IPSR, 0);
    set(m, UC_ARM_REG_LR, UINT32_MAX);
    /* What the part's ROM does. */
    set(m, UC_ARM_REG_SP, word(m, MACHINE_FLASH_BASE));
    set(m, UC_ARM_REG_PC, word(m, MACHINE_FLASH_BASE + 4) & ~1u);
    machine_reschedule(m);
}

void machine_power_cycle(struct machine *m)
{
    uint32_t random = (uint32_t)m->now | 1;
    for (size_t i = 0; i < RAM_SIZE; i++)
        m->ram[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    (void)uc_mem_protect(m->uc, MACHINE_FLASH_BASE, MACHINE_FLASH_SIZE,
                         UC_PROT_READ | UC_PROT_EXEC);
    for (unsigned i = 0; i < MACHINE_UARTS; i++)
        m->uarts[i].to_head = m->uarts[i].to_tail;
    reset(m, true);
}

bool machine_is_off(const struct machine *m)
{
    return m->off;
}

static void sleep_on(struct machine *m)
{
    int64_t from = m->now;
    while (!nvic_next(m) && !m->reset_requested && !m->error[0] && m->now < m->until) {
        if (m->next_event == NEVER_NS)
            advance(m);
        else
            m->now = earlier(m->until, m->next_event > m->now ? m->next_event : m->now);
        if (m->now >= m->next_event)
            advance(m);
    }
    m->counts.asleep_ns += m->now - from;
    m->sleeping = !nvic_next(m) && !m->reset_requested;
}

/* WFI ends a run with the address behind it. */
static bool was_wfi(const struct machine *m, uint32_t pc)
{
    uint16_t before = 0;
    (void)uc_mem_read(m->uc, pc - 2, &before, sizeof before);
    return before == 0xbf30;
}

static void execute(struct machine *m)
{
    uint32_t start = get(m, UC_ARM_REG_PC);
    uint64_t before = m->counts.instructions;
    uc_err err = uc_emu_start(m->uc, start | 1, 1, 0, 0);
    uint32_t pc = get(m, UC_ARM_REG_PC);
    if (m->fault)
        take_fault(m);
    else if ((pc & ~7u) == 0xfffffff8u)
        leave(m);
    else if (err == UC_ERR_INSN_INVALID) {
        m->fault = CFSR_UNDEFINED;
        take_fault(m);
    } else if (err != UC_ERR_OK) {
        if (m->flc.done != NEVER)
            machine_fail(m, "the flash is read while it is written (%s)", uc_strerror(err));
        m->fault = CFSR_BUS;
        take_fault(m);
    } else if (was_wfi(m, pc) && m->counts.instructions != before) {
        m->counts.sleeps++;
        sleep_on(m);
    }
}

bool machine_run(struct machine *m, int64_t ns)
{
    m->until = m->now + ns;
    while (!m->error[0] && !m->off && m->now < m->until) {
        if (m->now >= m->next_event)
            advance(m);
        if (m->reset_requested) {
            m->counts.resets++;
            reset(m, false);
        }
        if (m->sleeping)
            sleep_on(m);
        take_interrupt(m);
        if (!m->error[0] && !m->sleeping)
            execute(m);
    }
    return !m->error[0];
}

void machine_derail(struct machine *m, enum machine_astray how)
{
    enum { LENGTH = 480, BRANCH = 0xe000, PIPELINE = 2 };
    static const uint16_t instructions_of[] = {[MACHINE_UNDEFINED] = 0xde00,
                                               [MACHINE_LOOP] = 0xbf00,
                                               [MACHINE_DEAF_LOOP] = 0xbf00,
                                               [MACHINE_FILLS_STACK] = 0xb4ff};
    uint16_t code[LENGTH];
    for (unsigned i = 0; i < LENGTH; i++)
        code[i] = instructions_of[how];
    code[LENGTH - 1] = BRANCH | ((2048 - (LENGTH - 1) - PIPELINE) & 0x7ff);
    memcpy(m->ram + (MACHINE_DERAILED - RAM_BASE), code, sizeof code);
    (void)uc_ctl_remove_cache(m->uc, MACHINE_DERAILED, MACHINE_DERAILED + sizeof code);
    m->sleeping = false;
    set(m, UC_ARM_REG_PRIMASK, how == MACHINE_DEAF_LOOP);
    set(m, UC_ARM_REG_PC, MACHINE_DERAILED);
}

int64_t machine_now(const struct machine *m)
{
    return m->now;
}

uint8_t *machine_flash(struct machine *m)
{
    return m->flash;
}

uint8_t *machine_ram(struct machine *m)
{
    return m->ram;
}

const struct machine_counts *machine_counts(const struct machine *m)
{
    return &m->counts;
}

/* ---- making ---- */

/* What to do with the bytes of a segment, whose place in the flash is `offset`. */
typedef bool (*each_segment)(struct machine *m, uint32_t offset, const uint8_t *bytes, size_t size);

static bool write_segment(struct machine *m, uint32_t offset, const uint8_t *bytes, size_t size)
{
    memcpy(m->flash + offset, bytes, size);
    memset(m->lengths, 0, MACHINE_FLASH_SIZE / 2);
    (void)uc_ctl_remove_cache(m->uc, MACHINE_FLASH_BASE, MACHINE_FLASH_BASE + MACHINE_FLASH_SIZE);
    return true;
}

static bool compare_segment(struct machine *m, uint32_t offset, const uint8_t *bytes, size_t size)
{
    return memcmp(m->flash + offset, bytes, size) == 0;
}

static bool do_segment(struct machine *m, FILE *f, const Elf32_Phdr *segment, each_segment each)
{
    static uint8_t bytes[MACHINE_FLASH_SIZE];
    uint32_t offset = segment->p_paddr - MACHINE_FLASH_BASE, size = segment->p_filesz;
    if (segment->p_type != PT_LOAD || size == 0)
        return true;
    if (size > MACHINE_FLASH_SIZE || offset > MACHINE_FLASH_SIZE - size)
        return false;
    return fseek(f, (long)segment->p_offset, SEEK_SET) == 0 && fread(bytes, 1, size, f) == size &&
           each(m, offset, bytes, size);
}

static bool do_segments(struct machine *m, FILE *f, each_segment each)
{
    Elf32_Ehdr head;
    Elf32_Phdr segment;
    if (fread(&head, sizeof head, 1, f) != 1 || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS32 || head.e_machine != EM_ARM)
        return false;
    for (unsigned i = 0; i < head.e_phnum; i++) {
        if (fseek(f, (long)(head.e_phoff + i * sizeof segment), SEEK_SET) ||
            fread(&segment, sizeof segment, 1, f) != 1 || !do_segment(m, f, &segment, each))
            return false;
    }
    return true;
}

static bool do_file(struct machine *m, const char *elf, each_segment each)
{
    FILE *f = fopen(elf, "rb");
    bool good = f && do_segments(m, f, each);
    if (f)
        (void)fclose(f);
    return good;
}

static bool said(const char *file, bool good)
{
    if (!good)
        (void)fprintf(stderr, "%s: cannot be loaded into this part\n", file);
    return good;
}

bool machine_load_elf(struct machine *m, const char *elf)
{
    return said(elf, do_file(m, elf, write_segment));
}

bool machine_holds(struct machine *m, const char *elf)
{
    return do_file(m, elf, compare_segment);
}

bool machine_load(struct machine *m, const char *file, uint32_t offset)
{
    static uint8_t bytes[MACHINE_FLASH_SIZE];
    FILE *f = fopen(file, "rb");
    size_t size = f ? fread(bytes, 1, MACHINE_FLASH_SIZE - offset, f) : 0;
    bool good = size > 0 && write_segment(m, offset, bytes, size);
    if (f)
        (void)fclose(f);
    return said(file, good);
}

/* Unicorn takes every kind of hook as a pointer to data. */
union hook {
    uc_cb_hookcode_t code;
    uc_cb_hookintr_t interrupt;
    void *pointer;
};

static bool make_core(struct machine *m)
{
    const union hook block = {.code = on_block}, interrupt = {.interrupt = on_interrupt};
    uc_hook hook;
    return uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &m->uc) == UC_ERR_OK &&
           uc_ctl_set_cpu_model(m->uc, UC_CPU_ARM_CORTEX_M4) == UC_ERR_OK &&
           uc_mem_map_ptr(m->uc, MACHINE_FLASH_BASE, MACHINE_FLASH_SIZE,
                          UC_PROT_READ | UC_PROT_EXEC, m->flash) == UC_ERR_OK &&
           uc_mem_map_ptr(m->uc, RAM_BASE, RAM_SIZE, UC_PROT_ALL, m->ram) == UC_ERR_OK &&
           uc_hook_add(m->uc, &hook, UC_HOOK_BLOCK, block.pointer, m, 1, 0) == UC_ERR_OK &&
           uc_hook_add(m->uc, &hook, UC_HOOK_INTR, interrupt.pointer, m, 1, 0) == UC_ERR_OK &&
           bus_map(m);
}

struct machine *machine_new(const char *elf)
{
    struct machine *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->flash = aligned_alloc(0x1000, MACHINE_FLASH_SIZE);
    m->ram = aligned_alloc(0x1000, RAM_SIZE);
    m->lengths = calloc(1, MACHINE_FLASH_SIZE / 2);
    m->flc.done = NEVER;
    if (m->flash)
        memset(m->flash, 0xff, MACHINE_FLASH_SIZE);
    if (!m->flash || !m->ram || !m->lengths || !cnn_new(m) || !make_core(m) ||
        !machine_load_elf(m, elf)) {
        machine_free(m);
        return NULL;
    }
    machine_power_cycle(m);
    return m;
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    if (m->uc)
        (void)uc_close(m->uc);
    syn_emulator_free(m->cnn.emulator);
    for (unsigned i = 0; i < MACHINE_UARTS; i++) {
        free(m->uarts[i].to_part);
        free(m->uarts[i].from_part);
    }
    free(m->flash);
    free(m->ram);
    free(m->lengths);
    free(m);
}
