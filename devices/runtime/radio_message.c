/* SPDX-License-Identifier: MIT */
/* Messages of the arbitration as bytes: their fields stand in a table by kind. */
#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/runtime/radio.h"

enum field { READY, FREE, DURATION, RANK, NONE };

/* Eight bytes each, little endian. */
static const uint8_t fields[][4] = {
    [SYN_RADIO_ASK] = {READY, FREE, DURATION, RANK},
    [SYN_RADIO_GRANT] = {FREE, DURATION, NONE, NONE},
    [SYN_RADIO_DECLINE] = {FREE, NONE, NONE, NONE},
};

static bool known(const struct syn_radio_message *m)
{
    return m->kind >= SYN_RADIO_ASK && m->kind <= SYN_RADIO_DECLINE;
}

size_t syn_radio_message_put(const struct syn_radio_message *m, uint8_t body[SYN_RADIO_BODY_MAX])
{
    const uint64_t values[] = {[READY] = (uint64_t)m->ready_ns,
                               [FREE] = (uint64_t)m->free_ns,
                               [DURATION] = m->duration_ns,
                               [RANK] = m->rank};
    size_t size = 0;
    for (unsigned i = 0; known(m) && i < 4 && fields[m->kind][i] != NONE; i++, size += 8)
        syn_put_le64(body + size, values[fields[m->kind][i]]);
    return size;
}

int syn_radio_message_get(struct syn_radio_message *m, const uint8_t *body, size_t size)
{
    uint64_t values[NONE] = {0};
    if (!known(m))
        return SYN_EPROTO;
    for (unsigned i = 0; i < 4 && fields[m->kind][i] != NONE; i++) {
        if (size < 8 * (i + 1))
            return SYN_EPROTO;
        values[fields[m->kind][i]] = syn_get_le64(body + 8 * (size_t)i);
    }
    m->ready_ns = (int64_t)values[READY];
    m->free_ns = (int64_t)values[FREE];
    m->duration_ns = values[DURATION];
    m->rank = values[RANK];
    return 0;
}
