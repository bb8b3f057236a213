/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rate of the line behind a client: what it is, and when it is doubted. */
#include "transports/client/client_parts.h"

static const int64_t silence_ns = 500000000;

unsigned syn_client_baud(const struct syn_client *c)
{
    return c->link ? syn_link_baud(c->link) : 0;
}

unsigned syn_client_max_baud(const struct syn_client *c)
{
    return c->link ? syn_link_max_baud(c->link) : 0;
}

int syn_client_set_baud(struct syn_client *c, unsigned baud, struct syn_error *error)
{
    return c->link ? syn_link_set_baud(c->link, baud, error) : SYN_ELINK;
}

void syn_client_restarted(struct syn_client *c)
{
    if (syn_client_baud(c) != c->start_baud)
        (void)syn_client_set_baud(c, c->start_baud, NULL);
}

/* Nothing, not even to a second try, at a rate that the device did not start with: it may have
 * started anew. If it has not, what it hears then leads it back, too (GROUP.md, `line`). */
void syn_client_doubt_rate(struct syn_client *c, const struct syn_client_entry *e, int64_t now)
{
    if (e->tries >= 2 && now - c->heard_ns > silence_ns)
        syn_client_restarted(c);
}

/* So that the next host is understood at once: the device goes to its first rate. Nobody waits for
 * the answer; where it does not hear this, the next one's first words tell it. */
void syn_client_leave_rate(struct syn_client *c)
{
    uint8_t message[SYN_SMP_HEADER + 16];
    struct syn_smp_header h = {
        .version = 1, .op = SYN_SMP_WRITE, .group = SYN_GROUP_SYNERGY, .id = SYN_ID_LINE};
    struct syn_cbor_out w;
    if (!syn_client_connected(c) || syn_client_baud(c) == c->start_baud)
        return;
    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    syn_cbor_put_map(&w, 1);
    syn_cbor_pair_uint(&w, "baud", c->start_baud);
    h.length = (uint16_t)w.length;
    syn_smp_put_header(message, &h);
    int n =
        syn_frame_encode(c->framing, message, SYN_SMP_HEADER + w.length, c->frame, sizeof c->frame);
    if (n > 0 && syn_link_write(c->link, c->frame, (size_t)n) == 0)
        syn_link_push(c->link);
}
