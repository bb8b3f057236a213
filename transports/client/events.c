/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says by itself, after subscribe. */
#include "transports/client/session_parts.h"

#define COUNTER(kind, member, key) SYN_FIELD(SYN_KEY_##kind, struct syn_counters, member, key)
#define COUNTERS(kind, member, key)                                                                \
    SYN_FIELD_ARRAY(SYN_KEY_##kind, struct syn_counters, member, key)

static const struct syn_cbor_field counter_fields[] = {
    COUNTER(I64, now_ns, "t"),        COUNTERS(U64S, busy_ns, "busy"),
    COUNTERS(U64S, tasks, "tasks"),   COUNTER(U64, late, "late"),
    COUNTER(U64, late_ns, "lns"),     COUNTER(U64, energy_nj, "nj"),
    COUNTERS(U32S, done, "done"),     COUNTERS(U32S, dropped, "drop"),
    COUNTERS(U32S, sensed, "sens"),   COUNTERS(U64S, pipeline_nj, "pnj"),
    COUNTERS(U16S, waiting, "queue"), COUNTERS(U32S, work, "work"),
};

static const int64_t time_limit_ns = INT64_C(1) << 61;

bool syn_session_is_time(int64_t ns)
{
    return ns > -time_limit_ns && ns < time_limit_ns;
}

static int take_counters(struct syn_session *s, struct syn_cbor_in *r)
{
    struct syn_counters c = {0};
    int rc = syn_cbor_get_fields(r, counter_fields, COUNT(counter_fields), &c, NULL);
    if (rc == 0 && !syn_session_is_time(c.now_ns))
        return SYN_EPROTO;
    if (rc == 0 && s->events.counters)
        s->events.counters(s->events.ctx, &c);
    return rc;
}

#define RESULT(kind, member, key) SYN_FIELD(SYN_KEY_##kind, struct syn_result_event, member, key)
static const struct syn_cbor_field result_fields[] = {
    RESULT(U16, pipeline, "p"),     RESULT(U32, inference, "n"), RESULT(U16, best, "best"),
    RESULT(I32, value, "val"),      RESULT(I32, second, "sec"),  RESULT(U64, input_hash, "ih"),
    RESULT(U64, output_hash, "oh"), RESULT(I64, sensed_ns, "s"), RESULT(I64, acted_ns, "a"),
};

static int take_result(struct syn_session *s, struct syn_cbor_in *r)
{
    struct syn_result_event e = {0};
    int rc = syn_cbor_get_fields(r, result_fields, COUNT(result_fields), &e, NULL);
    if (rc == 0 && !(syn_session_is_time(e.sensed_ns) && syn_session_is_time(e.acted_ns)))
        return SYN_EPROTO;
    if (rc == 0 && s->events.result)
        s->events.result(s->events.ctx, &e);
    return rc;
}

struct words {
    uint8_t level;
    int32_t pipeline;
    char text[256];
};

static const struct syn_cbor_field word_fields[] = {
    SYN_FIELD(SYN_KEY_U8, struct words, level, "lvl"),
    SYN_FIELD(SYN_KEY_I32, struct words, pipeline, "p"),
    SYN_FIELD(SYN_KEY_STR, struct words, text, "msg"),
};

static int take_log(struct syn_session *s, struct syn_cbor_in *r)
{
    struct words w = {.pipeline = -1};
    int rc = syn_cbor_get_fields(r, word_fields, COUNT(word_fields), &w, NULL);
    if (rc == 0 && s->events.log)
        s->events.log(s->events.ctx, w.level, w.text);
    return rc;
}

static int take_fault(struct syn_session *s, struct syn_cbor_in *r)
{
    struct words w = {.pipeline = -1};
    int rc = syn_cbor_get_fields(r, word_fields, COUNT(word_fields), &w, NULL);
    if (rc == 0 && s->events.fault)
        s->events.fault(s->events.ctx, w.pipeline, w.text);
    return rc;
}

/* An event that cannot be read, or whose name is of a later version, is left alone. */
void syn_session_take_event(struct syn_session *s, const uint8_t *payload, size_t size)
{
    static const struct {
        const char *name;
        int (*take)(struct syn_session *s, struct syn_cbor_in *r);
    } kinds[] = {
        {"count", take_counters},
        {"res", take_result},
        {"log", take_log},
        {"fault", take_fault},
    };
    struct event_map {
        struct syn_span name;
    } map = {{NULL, 0}};
    static const struct syn_cbor_field field[] = {
        SYN_FIELD(SYN_KEY_TEXT, struct event_map, name, "ev")};
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, payload, size);
    if (syn_cbor_get_fields(&r, field, 1, &map, NULL))
        return;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (syn_span_is(map.name, kinds[i].name)) {
            syn_cbor_in_init(&r, payload, size);
            (void)kinds[i].take(s, &r);
            return;
        }
}
