/* SPDX-License-Identifier: MIT */
#include "devices/ports/max78000/clocks.h"

#include "devices/ports/max78000/registers.h"

#define RESETS                                                                                     \
    (SYN_RST0_GPIO0 | SYN_RST0_GPIO1 | SYN_RST0_TMR0 | SYN_RST0_TMR1 | SYN_RST0_UART0 |            \
     SYN_RST0_UART2)
#define CLOCKS0                                                                                    \
    (SYN_PCLKDIS0_GPIO0 | SYN_PCLKDIS0_GPIO1 | SYN_PCLKDIS0_UART0 | SYN_PCLKDIS0_TMR0 |            \
     SYN_PCLKDIS0_TMR1)
#define CLOCKS1 (SYN_PCLKDIS1_UART2 | SYN_PCLKDIS1_WDT0)

/* Wait states first, so that the flash is never read too fast; the core changes over once the new
 * oscillator runs. */
static void start_core(void)
{
    SYN_GCR->memctrl = (SYN_GCR->memctrl & ~SYN_MEMCTRL_FLASH_WAIT) | SYN_MEMCTRL_FLASH_WAIT_5;
    SYN_GCR->clkctrl |= SYN_CLKCTRL_IPO_ON;
    while (!(SYN_GCR->clkctrl & SYN_CLKCTRL_IPO_RDY))
        ;
    SYN_GCR->clkctrl =
        (SYN_GCR->clkctrl & ~(SYN_CLKCTRL_SELECT | SYN_CLKCTRL_DIVIDER)) | SYN_CLKCTRL_IPO;
    while (!(SYN_GCR->clkctrl & SYN_CLKCTRL_READY))
        ;
}

static void start_cache(void)
{
    SYN_CACHE->control &= ~SYN_CACHE_ON;
    SYN_CACHE->invalidate = 1;
    while (!(SYN_CACHE->control & SYN_CACHE_READY))
        ;
    SYN_CACHE->control |= SYN_CACHE_ON;
    while (!(SYN_CACHE->control & SYN_CACHE_READY))
        ;
}

void syn_clocks_start(void)
{
    start_core();
    start_cache();
    SYN_GCR->clkctrl |= SYN_CLKCTRL_IBRO_ON;
    while (!(SYN_GCR->clkctrl & SYN_CLKCTRL_IBRO_RDY))
        ;
    SYN_GCR->pclkdis0 &= ~CLOCKS0;
    SYN_GCR->pclkdis1 &= ~CLOCKS1;
    SYN_LPGCR->pclkdis &= ~SYN_LPGCR_GPIO2;
    SYN_GCR->rst0 = RESETS;
    while (SYN_GCR->rst0 & RESETS)
        ;
}

void syn_pins_function1(struct syn_max_gpio *port, uint32_t pins)
{
    port->inen |= pins;
    port->en0_set = pins; /* by way of a plain input: no glitch on the way */
    port->en2_clr = pins;
    port->en1_clr = pins;
    port->en0_clr = pins;
    port->padctrl0 &= ~pins;
    port->padctrl1 &= ~pins;
    port->vssel &= ~pins;
}

void syn_pins_output(struct syn_max_gpio *port, uint32_t pins, uint32_t high)
{
    port->out_set = pins & high;
    port->out_clr = pins & ~high;
    port->vssel |= pins; /* VDDIOH, on which the LEDs hang */
    port->en0_set = pins;
    port->en1_clr = pins;
    port->en2_clr = pins;
    port->outen_set = pins;
}
