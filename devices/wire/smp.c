/* SPDX-License-Identifier: MIT */
#include "devices/wire/smp.h"

#include "devices/base/bytes.h"

void syn_smp_put_header(uint8_t to[SYN_SMP_HEADER], const struct syn_smp_header *h)
{
    to[0] = (uint8_t)((h->version & 3) << 3 | (h->op & 7));
    to[1] = h->flags;
    syn_put_be16(to + 2, h->length);
    syn_put_be16(to + 4, h->group);
    to[6] = h->seq;
    to[7] = h->id;
}

int syn_smp_get_header(struct syn_smp_header *h, const void *message, size_t size)
{
    const uint8_t *p = message;
    *h = (struct syn_smp_header){0};
    if (size < SYN_SMP_HEADER)
        return SYN_EPROTO;
    h->op = p[0] & 7;
    h->version = p[0] >> 3 & 3;
    h->flags = p[1];
    h->length = syn_get_be16(p + 2);
    h->group = syn_get_be16(p + 4);
    h->seq = p[6];
    h->id = p[7];
    return size == (size_t)SYN_SMP_HEADER + h->length ? 0 : SYN_EPROTO;
}

struct syn_smp_header syn_smp_reply(const struct syn_smp_header *request)
{
    struct syn_smp_header h = *request;
    h.version = h.version > 1 ? 1 : h.version;
    h.op |= 1;
    h.flags = 0;
    h.length = 0;
    return h;
}

void syn_smp_put_error(struct syn_cbor_out *w, uint8_t version, uint16_t group, unsigned rc,
                       const char *msg)
{
    syn_cbor_put_map(w, msg ? 2 : 1);
    if (group == SYN_GROUP_NONE || version == 0) {
        syn_cbor_pair_uint(w, "rc", group == SYN_GROUP_NONE ? rc : SYN_RC_USER + rc);
    } else {
        syn_cbor_put_text(w, "err");
        syn_cbor_put_map(w, 2);
        syn_cbor_pair_uint(w, "group", group);
        syn_cbor_pair_uint(w, "rc", rc);
    }
    if (msg)
        syn_cbor_pair_text(w, "msg", msg);
}

struct raw_status {
    uint32_t rc;
    uint16_t group;
    struct syn_span err;
    struct syn_span msg;
};

int syn_smp_get_status(struct syn_smp_status *s, uint16_t group, const void *payload, size_t size)
{
    static const struct syn_cbor_field outer[] = {
        SYN_FIELD(SYN_KEY_U32, struct raw_status, rc, "rc"),
        SYN_FIELD(SYN_KEY_ITEM, struct raw_status, err, "err"),
        SYN_FIELD(SYN_KEY_TEXT, struct raw_status, msg, "msg"),
    };
    static const struct syn_cbor_field inner[] = {
        SYN_FIELD(SYN_KEY_U16, struct raw_status, group, "group"),
        SYN_FIELD(SYN_KEY_U32, struct raw_status, rc, "rc"),
        SYN_FIELD(SYN_KEY_TEXT, struct raw_status, msg, "msg"),
    };
    struct raw_status raw = {.group = SYN_GROUP_NONE};
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, payload, size);
    *s = (struct syn_smp_status){.group = SYN_GROUP_NONE};
    if (syn_cbor_get_fields(&r, outer, 3, &raw, NULL))
        return SYN_EPROTO;
    if (raw.err.size > 0) {
        syn_cbor_in_init(&r, raw.err.data, raw.err.size);
        if (syn_cbor_get_fields(&r, inner, 3, &raw, NULL))
            return SYN_EPROTO;
    }
    bool user = raw.err.size == 0 && raw.rc >= SYN_RC_USER;
    s->rc = user ? raw.rc - SYN_RC_USER : raw.rc;
    s->group = user ? group : raw.group;
    s->msg = raw.msg;
    return 0;
}
