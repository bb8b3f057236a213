/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the models of the peripherals share. */
#ifndef SYN_TESTS_MAX78000_INTERNAL_H
#define SYN_TESTS_MAX78000_INTERNAL_H

#include "tests/devices/max78000/machine.h"

#include <unicorn/unicorn.h>

enum { IRQS = 128, PCLK_NS = 20, NEVER_NS = 0 };

#define NEVER    INT64_MAX
#define RAM_BASE 0x20000000u
#define RAM_SIZE 0x20000u

enum irq {
    IRQ_WDT0 = 1,
    IRQ_TMR0 = 5,
    IRQ_TMR1 = 6,
    IRQ_UART0 = 14,
    IRQ_UART2 = 34,
    IRQ_CNN = 101
};

/* ---- states of the peripherals ---- */

struct gcr {
    uint32_t sysctrl, clkctrl, pclkdiv, pclkdis0, pclkdis1, memctrl, lp_pclkdis;
    int64_t ipo_ready, ibro_ready, select_ready, flushed;
    uint32_t cache, vrego_c;
};

struct nvic {
    uint32_t enabled[IRQS / 32], pending[IRQS / 32];
    uint8_t priority[IRQS];
    uint32_t vtor, cfsr, hfsr, shcsr;
    uint16_t active; /* exception number, 0: thread; nothing nests here */
};

enum { FIFO = 8 };

struct uart {
    uint32_t ctrl, int_en, int_fl, clkdiv, osr;
    uint32_t host_baud; /* 0: that of the start */
    uint8_t tx[FIFO], rx[FIFO];
    unsigned tx_count, rx_count;
    int64_t tx_done; /* of the byte that is being sent; NEVER: none */
    int64_t rx_next; /* when the next byte of the host has come */
    uint8_t *to_part, *from_part;
    size_t to_head, to_tail, to_room, from_head, from_tail, from_room;
};

struct timer {
    uint32_t cnt, cmp, intfl, ctrl0, ctrl1;
    int64_t since;   /* when cnt was so, while it runs */
    int64_t written; /* when the last write of cnt has arrived */
};

struct watchdog {
    uint32_t ctrl, clksel;
    uint8_t fed;   /* bytes of the sequence so far */
    bool may;      /* the sequence has just been completed: it may be turned on or off */
    int64_t since; /* count 0 */
};

struct flash_controller {
    uint32_t addr, clkdiv, ctrl, intr, data[4], welr[2];
    unsigned unlocked; /* steps of the information block's sequence */
    int64_t done;      /* NEVER: at rest */
    unsigned fail_at;  /* operations until the power fails; 0: never */
};

struct gpio {
    uint32_t en[3], outen, out, inen, pad[2], vssel;
    int64_t high_since; /* the trigger pin */
};

struct cnn {
    struct syn_emulator *emulator;
    bool running, hang;
    int64_t done;
};

struct machine {
    uc_engine *uc;
    uint8_t *flash, *ram;
    uint8_t *lengths; /* instructions of the block that begins at each halfword of the flash */
    int64_t now, next_event, until;
    bool off, reset_requested, sleeping;
    char error[256];
    uint32_t fault; /* status of a fault of the core that is to be taken */
    struct machine_counts counts;
    struct gcr gcr;
    struct nvic nvic;
    struct uart uarts[MACHINE_UARTS];
    struct timer timers[2];
    struct watchdog watchdog;
    struct flash_controller flc;
    struct gpio gpios[3];
    struct cnn cnn;
};

/* The first one stays, and ends the run. */
void machine_fail(struct machine *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something that happens later may have changed. */
void machine_reschedule(struct machine *m);

/* ---- the bus ---- */

struct peripheral {
    const char *name;
    uint32_t base, size;
    /* A register at `offset`; machine_fail() where there is none. */
    uint32_t (*read)(struct machine *m, unsigned instance, uint32_t offset);
    void (*write)(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
    unsigned instance;
    /* Its clock: bit of a clock register that has to be 0; register 3: always on. */
    uint8_t clock_register, clock_bit;
};

enum { CLOCK_PCLKDIS0, CLOCK_PCLKDIS1, CLOCK_LPGCR, CLOCK_ALWAYS };

bool bus_map(struct machine *m);
void bus_unknown(struct machine *m, uint32_t offset, bool write);

/* ---- peripherals: states after a reset, registers, events ---- */

void gcr_reset(struct machine *m);
uint32_t gcr_read(struct machine *m, unsigned instance, uint32_t offset);
void gcr_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
uint32_t small_read(struct machine *m, unsigned instance, uint32_t offset);
void small_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
enum { SMALL_LPGCR, SMALL_SIMO, SMALL_CACHE };

void nvic_reset(struct machine *m);
uint32_t nvic_read(struct machine *m, unsigned instance, uint32_t offset);
void nvic_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
void nvic_raise(struct machine *m, enum irq irq);
/* Exception to take now; 0: none. */
unsigned nvic_next(const struct machine *m);

void uart_reset(struct machine *m, unsigned instance);
uint32_t uart_read(struct machine *m, unsigned instance, uint32_t offset);
void uart_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
int64_t uart_next(const struct machine *m, unsigned instance);
void uart_advance(struct machine *m, unsigned instance);
bool uart_line(const struct machine *m, unsigned instance);

void timer_reset(struct machine *m, unsigned instance);
uint32_t timer_read(struct machine *m, unsigned instance, uint32_t offset);
void timer_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
int64_t timer_next(const struct machine *m, unsigned instance);
void timer_advance(struct machine *m, unsigned instance);
bool timer_line(const struct machine *m, unsigned instance);

void watchdog_reset(struct machine *m, bool power);
uint32_t watchdog_read(struct machine *m, unsigned instance, uint32_t offset);
void watchdog_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
int64_t watchdog_next(const struct machine *m);
void watchdog_advance(struct machine *m);
bool watchdog_line(const struct machine *m);

void flash_reset(struct machine *m, bool power);
uint32_t flash_read(struct machine *m, unsigned instance, uint32_t offset);
void flash_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
int64_t flash_next(const struct machine *m);
void flash_advance(struct machine *m);
bool flash_info_open(const struct machine *m);

void gpio_reset(struct machine *m, unsigned instance);
uint32_t gpio_read(struct machine *m, unsigned instance, uint32_t offset);
void gpio_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value);
/* Have these pins their first alternate function? */
bool gpio_function1(const struct machine *m, unsigned port, uint32_t pins);

bool cnn_new(struct machine *m);
void cnn_reset(struct machine *m);
uint32_t cnn_read(struct machine *m, uint32_t address, unsigned size);
void cnn_write(struct machine *m, uint32_t address, unsigned size, uint32_t value);
int64_t cnn_next(const struct machine *m);
void cnn_advance(struct machine *m);
bool cnn_line(const struct machine *m);

#endif
