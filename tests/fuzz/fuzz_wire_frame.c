/* SPDX-License-Identifier: MIT */
/*
 * Any stream, in pieces that its first byte chooses: the receiver stays inside its buffers, and
 * what it hands out goes through both framings unchanged.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/wire/frame.h"
#include "devices/wire/smp.h"
#include "devices/wire/tensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
    uint8_t data[256];
    size_t size;
    unsigned count;
};

static void keep(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct message *m = ctx;
    (void)framing;
    if (size > sizeof m->data)
        abort();
    memcpy(m->data, data, size);
    m->size = size;
    m->count++;
}

static void read_text(void *ctx, const char *line, size_t size)
{
    (void)ctx;
    if (size == 0 || size > 32 || memchr(line, '\n', size))
        abort();
}

static void round_trip(const struct message *m, enum syn_framing framing)
{
    struct message got = {.count = 0};
    struct syn_frame_events events = {.message = keep, .ctx = &got};
    struct syn_frame_receiver in;
    uint8_t buffer[256 + SYN_FRAME_OVERHEAD], wire[512];
    int n = syn_frame_encode(framing, m->data, m->size, wire, sizeof wire);
    syn_frame_receiver_init(&in, &events, buffer, sizeof buffer, NULL, 0);
    syn_frame_feed(&in, wire, (size_t)n, 0);
    if (n < 0 || got.count != 1 || got.size != m->size || memcmp(got.data, m->data, m->size) != 0)
        abort();
}

static void read_message(const struct message *m)
{
    struct syn_smp_header smp;
    struct syn_tensor_head head;
    const uint8_t *body;
    size_t size;
    if (syn_smp_get_header(&smp, m->data, m->size) == 0)
        (void)syn_tensor_get(&head, m->data + SYN_SMP_HEADER, m->size - SYN_SMP_HEADER, &body,
                             &size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message m = {.count = 0};
    struct syn_frame_events events = {keep, read_text, &m};
    struct syn_frame_receiver in;
    uint8_t buffer[256 + SYN_FRAME_OVERHEAD];
    char line[32];
    size_t piece = size > 0 ? 1u + data[0] % 40u : 1;
    syn_frame_receiver_init(&in, &events, buffer, sizeof buffer, line, sizeof line);
    for (size_t at = 1; at < size; at += piece)
        syn_frame_feed(&in, data + at, size - at < piece ? size - at : piece, (int64_t)at);
    if (m.count > 0) {
        read_message(&m);
        round_trip(&m, SYN_FRAMING_CONSOLE);
        round_trip(&m, SYN_FRAMING_COBS);
    }
    return 0;
}
