/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of a session: what each sends. */
#include <string.h>

#include "transports/client/session_parts.h"

/* Placing and loading weights takes a device its time. */
#define PATIENCE_NS INT64_C(2000000000)

enum {
    HELLO,
    ACCEL,
    BLOB,
    DROP,
    PREPARE,
    COMMIT,
    ABORT,
    CLEAR,
    PLAN,
    RUN,
    STOP,
    SUBSCRIBE,
    SET_LINKS,
    LINKS,
    FEED,
    ECHO_TEXT,
    PARAMS,
    RESET,
    STAT_LIST,
    STAT,
    SET_LABEL,
    NO_LABEL,
};

#define OURS(id_, op_) .group = SYN_GROUP_SYNERGY, .id = (id_), .op = (op_)
#define OS(id_, op_)   .group = SYN_GROUP_OS, .id = (id_), .op = (op_)

static const struct syn_session_request operations[] = {
    [HELLO] = {"hello", OURS(SYN_ID_HELLO, SYN_SMP_READ), .read = syn_read_hello},
    [ACCEL] = {"accelerator state", OURS(SYN_ID_ACCEL, SYN_SMP_READ), .read = syn_read_accel},
    [BLOB] = {"blob state", OURS(SYN_ID_BLOB, SYN_SMP_READ), .read = syn_read_blob},
    [DROP] = {"dropping a blob", OURS(SYN_ID_BLOB, SYN_SMP_WRITE)},
    [PREPARE] = {"preparing the plan", OURS(SYN_ID_PLAN, SYN_SMP_WRITE), .patience_ns = PATIENCE_NS,
                 .read = syn_read_fit},
    [COMMIT] = {"committing the plan", OURS(SYN_ID_PLAN, SYN_SMP_WRITE),
                .patience_ns = PATIENCE_NS},
    [ABORT] = {"aborting the plan", OURS(SYN_ID_PLAN, SYN_SMP_WRITE)},
    [CLEAR] = {"clearing the plan", OURS(SYN_ID_PLAN, SYN_SMP_WRITE)},
    [PLAN] = {"plan state", OURS(SYN_ID_PLAN, SYN_SMP_READ), .read = syn_read_plan},
    [RUN] = {"run", OURS(SYN_ID_RUN, SYN_SMP_WRITE), .read = syn_read_run},
    [STOP] = {"stop", OURS(SYN_ID_RUN, SYN_SMP_WRITE)},
    [SUBSCRIBE] = {"subscribing", OURS(SYN_ID_SUBSCRIBE, SYN_SMP_WRITE)},
    [SET_LINKS] = {"telling the links", OURS(SYN_ID_LINKS, SYN_SMP_WRITE)},
    [LINKS] = {"links", OURS(SYN_ID_LINKS, SYN_SMP_READ), .read = syn_read_links},
    [FEED] = {"feeding a sensor", OURS(SYN_ID_FEED, SYN_SMP_WRITE), .read = syn_read_windows},
    [ECHO_TEXT] = {"echo", OS(SYN_OS_ECHO, SYN_SMP_WRITE), .read = syn_read_echo},
    [PARAMS] = {"parameters", OS(SYN_OS_PARAMS, SYN_SMP_READ), .read = syn_read_params},
    [RESET] = {"reset", OS(SYN_OS_RESET, SYN_SMP_WRITE), .patience_ns = PATIENCE_NS, .tries = 1,
               .read = syn_read_reset},
    [STAT_LIST] = {"list of counters", .group = SYN_GROUP_STAT, .id = SYN_STAT_LIST,
                   .op = SYN_SMP_READ, .read = syn_read_stats},
    [STAT] = {"counters", .group = SYN_GROUP_STAT, .id = SYN_STAT_SHOW, .op = SYN_SMP_READ,
              .read = syn_read_stat},
    [SET_LABEL] = {"setting the label", .group = SYN_GROUP_SETTINGS, .id = 0, .op = SYN_SMP_WRITE},
    [NO_LABEL] = {"deleting the label", .group = SYN_GROUP_SETTINGS, .id = 1, .op = SYN_SMP_WRITE},
};

int syn_session_hello(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[HELLO], done, user);
}

int syn_session_accel(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[ACCEL], done, user);
}

int syn_session_plan(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[PLAN], done, user);
}

int syn_session_links(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[LINKS], done, user);
}

int syn_session_params(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[PARAMS], done, user);
}

int syn_session_reset(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[RESET], done, user);
}

int syn_session_label(struct syn_session *s, const char *label, syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, label[0] ? 2 : 1);
    syn_cbor_pair_text(w, "name", "name");
    if (label[0])
        syn_cbor_pair_bytes(w, "val", label, strlen(label));
    return syn_session_ask(s, &operations[label[0] ? SET_LABEL : NO_LABEL], w, done, user);
}

int syn_session_stat_list(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &operations[STAT_LIST], done, user);
}

int syn_session_blob(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE],
                     syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 1);
    syn_cbor_pair_bytes(w, "h", hash, SYN_HASH_SIZE);
    return syn_session_ask(s, &operations[BLOB], w, done, user);
}

int syn_session_drop(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE],
                     syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 2);
    syn_cbor_pair_bytes(w, "h", hash, SYN_HASH_SIZE);
    syn_cbor_pair_bool(w, "drop", true);
    return syn_session_ask(s, &operations[DROP], w, done, user);
}

int syn_session_prepare(struct syn_session *s, uint32_t txn, const uint8_t hash[SYN_HASH_SIZE],
                        syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 3);
    syn_cbor_pair_text(w, "op", "prepare");
    syn_cbor_pair_uint(w, "txn", txn);
    syn_cbor_pair_bytes(w, "h", hash, SYN_HASH_SIZE);
    return syn_session_ask(s, &operations[PREPARE], w, done, user);
}

static int ask_plan(struct syn_session *s, int operation, const char *op, uint32_t txn,
                    syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 2);
    syn_cbor_pair_text(w, "op", op);
    syn_cbor_pair_uint(w, "txn", txn);
    return syn_session_ask(s, &operations[operation], w, done, user);
}

int syn_session_commit(struct syn_session *s, uint32_t txn, syn_session_done done, void *user)
{
    return ask_plan(s, COMMIT, "commit", txn, done, user);
}

int syn_session_abort(struct syn_session *s, uint32_t txn, syn_session_done done, void *user)
{
    return ask_plan(s, ABORT, "abort", txn, done, user);
}

int syn_session_clear(struct syn_session *s, uint32_t txn, syn_session_done done, void *user)
{
    return ask_plan(s, CLEAR, "clear", txn, done, user);
}

int syn_session_run(struct syn_session *s, const struct syn_run_options *o, syn_session_done done,
                    void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, o->go ? 4 : 1);
    syn_cbor_pair_bool(w, "go", o->go);
    if (o->go) {
        syn_cbor_pair_bool(w, "seq", o->sequential);
        syn_cbor_pair_bool(w, "wc", o->work_conserving);
        syn_cbor_pair_uint(w, "lim", o->limit);
    }
    return syn_session_ask(s, &operations[o->go ? RUN : STOP], w, done, user);
}

int syn_session_subscribe(struct syn_session *s, const struct syn_subscription *o,
                          syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 3);
    syn_cbor_pair_uint(w, "cnt", o->counters_ms);
    syn_cbor_pair_bool(w, "res", o->results);
    syn_cbor_pair_bool(w, "log", o->log);
    return syn_session_ask(s, &operations[SUBSCRIBE], w, done, user);
}

int syn_session_set_links(struct syn_session *s, unsigned self, const struct syn_peer *peers,
                          unsigned count, syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 2);
    syn_cbor_pair_uint(w, "self", self);
    syn_cbor_put_text(w, "peers");
    syn_cbor_put_array(w, count);
    for (unsigned i = 0; i < count; i++) {
        syn_cbor_put_map(w, 3);
        syn_cbor_pair_uint(w, "i", peers[i].index);
        syn_cbor_pair_text(w, "n", peers[i].name);
        syn_cbor_pair_text(w, "a", peers[i].address);
    }
    return syn_session_ask(s, &operations[SET_LINKS], w, done, user);
}

int syn_session_feed(struct syn_session *s, const char *sensor, const char *path, uint32_t first,
                     syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 3);
    syn_cbor_pair_text(w, "s", sensor);
    syn_cbor_pair_text(w, "p", path);
    syn_cbor_pair_uint(w, "x", first);
    return syn_session_ask(s, &operations[FEED], w, done, user);
}

int syn_session_echo(struct syn_session *s, const char *text, syn_session_done done, void *user)
{
    if (strlen(text) >= sizeof((struct syn_answer *)0)->echo)
        return SYN_EINVAL;
    return syn_session_ask_text(s, &operations[ECHO_TEXT], "d", text, done, user);
}

int syn_session_stat(struct syn_session *s, const char *name, syn_session_done done, void *user)
{
    return syn_session_ask_text(s, &operations[STAT], "name", name, done, user);
}
