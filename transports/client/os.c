/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/os.h"

#include <string.h>

#include "transports/client/session_parts.h"

#define FIELD(kind, type, member, key) SYN_FIELD(SYN_KEY_##kind, struct type, member, key)

/* ---- answers ---- */

static int read_text(struct syn_cbor_in *r, const struct syn_cbor_field *field,
                     struct syn_answer *answer)
{
    uint32_t seen;
    int rc = syn_cbor_get_fields(r, field, 1, answer, &seen);
    return rc || seen == 0 ? SYN_EPROTO : 0;
}

static int read_info(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(STR, syn_answer, text, "output")};
    (void)s;
    return read_text(r, field, answer);
}

static int read_bootloader(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(STR, syn_answer, text, "bootloader")};
    (void)s;
    return read_text(r, field, answer);
}

static int read_clock(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(STR, syn_answer, text, "datetime")};
    (void)s;
    return read_text(r, field, answer);
}

static void read_task(struct syn_cbor_in *r, struct syn_span name, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(I32, syn_task_state, priority, "prio"),
        FIELD(U32, syn_task_state, id, "tid"),
        FIELD(U32, syn_task_state, state, "state"),
        FIELD(U32, syn_task_state, stack_used, "stkuse"),
        FIELD(U32, syn_task_state, stack_words, "stksiz"),
        FIELD(U64, syn_task_state, switches, "cswcnt"),
        FIELD(U64, syn_task_state, runtime, "runtime"),
    };
    struct syn_task_state task = {.name = ""};
    struct syn_tasks *tasks = &answer->tasks;
    (void)syn_cbor_get_fields(r, fields, COUNT(fields), &task, NULL);
    syn_span_text(name, task.name, sizeof task.name);
    if (tasks->count < SYN_SESSION_TASKS)
        tasks->tasks[tasks->count++] = task;
}

static void read_pool(struct syn_cbor_in *r, struct syn_span name, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(U32, syn_pool_state, block_bytes, "blksiz"),
        FIELD(U32, syn_pool_state, blocks, "nblks"),
        FIELD(U32, syn_pool_state, free_blocks, "nfree"),
        FIELD(U32, syn_pool_state, least_free, "min"),
    };
    struct syn_pool_state pool = {.name = ""};
    struct syn_pools *pools = &answer->pools;
    uint32_t seen = 0;
    (void)syn_cbor_get_fields(r, fields, COUNT(fields), &pool, &seen);
    pool.has_least = seen & 1u << 3;
    syn_span_text(name, pool.name, sizeof pool.name);
    if (pools->count < SYN_SESSION_POOLS)
        pools->pools[pools->count++] = pool;
}

/* A map of maps by their names; what is no map is passed over. */
static int read_named(struct syn_cbor_in *r,
                      void (*read)(struct syn_cbor_in *r, struct syn_span name,
                                   struct syn_answer *answer),
                      struct syn_answer *answer)
{
    struct syn_span name;
    struct syn_cbor_scope scope = syn_cbor_get_map(r);
    while (syn_cbor_next_key(r, &scope, &name)) {
        if (syn_cbor_peek(r) == SYN_CBOR_MAP)
            read(r, name, answer);
        else
            (void)syn_cbor_skip(r);
    }
    return r->error;
}

struct item_map {
    struct syn_span item;
};

/* The map under `key`, or, where there is none, the answer itself. */
static struct syn_cbor_in inner(const struct syn_cbor_in *r, const struct syn_cbor_field *field)
{
    struct syn_cbor_in in = *r, copy = *r;
    struct item_map map = {{NULL, 0}};
    if (syn_cbor_get_fields(&copy, field, 1, &map, NULL) == 0 && map.item.size)
        syn_cbor_in_init(&in, map.item.data, map.item.size);
    return in;
}

static int read_tasks(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(ITEM, item_map, item, "tasks")};
    struct syn_cbor_in tasks = inner(r, field);
    (void)s;
    return read_named(&tasks, read_task, answer);
}

/* Mynewt has them under `mpools`; mcumgr's documentation, at the top. */
static int read_pools(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(ITEM, item_map, item, "mpools")};
    struct syn_cbor_in pools = inner(r, field);
    (void)s;
    return read_named(&pools, read_pool, answer);
}

/* ---- requests ---- */

#define OS(id_, op_) .group = SYN_GROUP_OS, .id = (id_), .op = (op_)

static const struct syn_session_request info_operation = {
    "device information", OS(SYN_OS_INFO, SYN_SMP_READ), .read = read_info};
static const struct syn_session_request bootloader_operation = {
    "boot loader", OS(SYN_OS_BOOTLOADER, SYN_SMP_READ), .read = read_bootloader};
static const struct syn_session_request clock_operation = {
    "clock", OS(SYN_OS_DATETIME, SYN_SMP_READ), .read = read_clock};
static const struct syn_session_request set_clock_operation = {"setting the clock",
                                                               OS(SYN_OS_DATETIME, SYN_SMP_WRITE)};
static const struct syn_session_request tasks_operation = {
    "tasks", OS(SYN_OS_TASKSTAT, SYN_SMP_READ), .read = read_tasks};
static const struct syn_session_request pools_operation = {
    "memory", OS(SYN_OS_MPSTAT, SYN_SMP_READ), .read = read_pools};

int syn_session_info(struct syn_session *s, const char *format, syn_session_done done, void *user)
{
    return syn_session_ask_text(s, &info_operation, "format", format, done, user);
}

int syn_session_bootloader(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &bootloader_operation, done, user);
}

int syn_session_clock(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &clock_operation, done, user);
}

int syn_session_set_clock(struct syn_session *s, const char *datetime, syn_session_done done,
                          void *user)
{
    return syn_session_ask_text(s, &set_clock_operation, "datetime", datetime, done, user);
}

int syn_session_tasks(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &tasks_operation, done, user);
}

int syn_session_pools(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &pools_operation, done, user);
}
