/* SPDX-License-Identifier: MIT */
/*
 * Requests with a valid frame and header and any payload, several in a row: byte 0 is the state;
 * then for each request group, id and op in two bytes, a length, the payload. Two commands of our
 * group find their hashes replaced by the chunk's or the deployment's, so that they get somewhere.
 */
#include "devices/wire/smp.h"
#include "tests/fuzz/fuzz_agent_port.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct request {
    struct syn_smp_header header;
    const uint8_t *payload;
};

static size_t next(const uint8_t *data, size_t size, struct request *r)
{
    static const uint16_t groups[] = {SYN_GROUP_SYNERGY, SYN_GROUP_OS,      SYN_GROUP_STAT,
                                      SYN_GROUP_ENUM,    SYN_GROUP_SYNERGY, SYN_GROUP_IMG};
    if (size < 3)
        return 0;
    size_t n = data[2] < size - 3 ? data[2] : size - 3;
    r->header = (struct syn_smp_header){.version = data[0] >> 6,
                                        .op = data[1] >> 5,
                                        .length = (uint16_t)n,
                                        .group = groups[data[0] % 6],
                                        .seq = data[1],
                                        .id = data[1] % 11};
    r->payload = data + 3;
    return 3 + n;
}

/* A hash that begins with 0xaa stands for a blob that the device holds. */
static void replace_hashes(const struct fuzz_device *d, uint8_t *message, size_t size)
{
    for (size_t i = SYN_SMP_HEADER; i + SYN_SHA256_SIZE + 2 <= size; i++)
        if (message[i] == 0x58 && message[i + 1] == SYN_SHA256_SIZE && message[i + 2] == 0xaa)
            memcpy(message + i + 2, message[i + 3] % 2 ? d->chunk : d->plan, SYN_SHA256_SIZE);
}

static void send(struct fuzz_device *d, const struct request *r)
{
    uint8_t message[512], frame[1024];
    size_t size = SYN_SMP_HEADER + r->header.length;
    syn_smp_put_header(message, &r->header);
    memcpy(message + SYN_SMP_HEADER, r->payload, r->header.length);
    replace_hashes(d, message, size);
    int n = syn_frame_encode(r->header.seq & 1 ? SYN_FRAMING_COBS : SYN_FRAMING_CONSOLE, message,
                             size, frame, sizeof frame);
    if (n < 0)
        abort();
    syn_agent_receive(&d->agent, 0, frame, (size_t)n);
    if (d->agent.links[0].receiver.bad > 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request r;
    if (size < 1)
        return 0;
    struct fuzz_device *d = fuzz_device_new(data[0] % 5);
    for (size_t at = 1, n; (n = next(data + at, size - at, &r)) > 0; at += n) {
        send(d, &r);
        fuzz_device_step(d, 10);
    }
    free(d);
    return 0;
}
