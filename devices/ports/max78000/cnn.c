/* SPDX-License-Identifier: MIT */
#include "devices/ports/max78000/cnn.h"

#include "devices/part/registers.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/max78000/interrupts.h"
#include "devices/ports/max78000/registers.h"

enum { QUADRANTS = 4, ALL = (1 << QUADRANTS) - 1 };

static volatile bool done;
static volatile int64_t done_at_ns;

/* In the order of the vendor's programs: reset over the supplies' coming, isolation last. */
static void power_on(void)
{
    SYN_SIMO_VREGO_C = SYN_SIMO_VREGO_C_CNN;
    SYN_GCFR->reset = ALL;
    SYN_GCFR->memory = ALL;
    SYN_GCFR->power = ALL;
    SYN_GCFR->isolation = 0;
    SYN_GCFR->reset = 0;
    SYN_GCR->pclkdiv = (SYN_GCR->pclkdiv & ~SYN_PCLKDIV_CNN) | SYN_PCLKDIV_CNN_PCLK;
    SYN_GCR->pclkdis0 &= ~SYN_PCLKDIS0_CNN;
    syn_irq_enable(SYN_IRQ_CNN);
}

static void power_off(void)
{
    SYN_GCR->pclkdis0 |= SYN_PCLKDIS0_CNN;
    SYN_GCFR->reset = ALL;
    SYN_GCFR->isolation = ALL;
    SYN_GCFR->power = 0;
    SYN_GCFR->memory = 0;
    SYN_GCFR->reset = 0;
}

void syn_cnn_power(bool on)
{
    power_off();
    if (on)
        power_on();
    done = false;
}

void syn_cnn_stop(void)
{
    SYN_GPIO0->out_clr = SYN_PIN_TRIGGER;
    for (unsigned q = 0; q < QUADRANTS; q++) {
        volatile uint32_t *control =
            (volatile uint32_t *)syn_control_address(&syn_registers_max78000, q, SYN_REG_CTL);
        *control &= ~(SYN_CTL_DONE | SYN_CTL_ENABLE);
    }
}

void syn_cnn_interrupt(void)
{
    syn_cnn_stop();
    done_at_ns = syn_clock_now_ns();
    done = true;
}

void syn_cnn_begin(void)
{
    done = false;
    SYN_GPIO0->out_set = SYN_PIN_TRIGGER;
}

bool syn_cnn_done(void)
{
    return done;
}

int64_t syn_cnn_done_ns(void)
{
    return done_at_ns;
}
