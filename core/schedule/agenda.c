/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/agenda.h"

#include "core/base/error.h"

#include <stdlib.h>

void syn_agenda_clear(struct syn_agenda *a)
{
    free(a->heap);
    free(a->happenings);
    free(a->unused);
    free(a->now);
    *a = (struct syn_agenda){0};
}

static bool earlier(const struct syn_agenda_entry *a, const struct syn_agenda_entry *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

/* Each array alone, so that a failure leaves the agenda as it was. */
static bool resize(void **array, size_t count, size_t size)
{
    void *grown = realloc(*array, count * size);
    if (grown)
        *array = grown;
    return grown != NULL;
}

static int grow_heap(struct syn_agenda *a)
{
    const size_t room = a->heap_room ? 2 * a->heap_room : 64;
    if (!resize((void **)&a->heap, room, sizeof *a->heap) ||
        !resize((void **)&a->happenings, room, sizeof *a->happenings) ||
        !resize((void **)&a->unused, room, sizeof *a->unused))
        return SYN_ENOMEM;
    for (size_t i = room; i-- > a->heap_room;)
        a->unused[a->unused_count++] = (uint32_t)i;
    a->heap_room = room;
    return 0;
}

static void sift_up(struct syn_agenda *a, size_t at)
{
    const struct syn_agenda_entry entry = a->heap[at];
    for (; at > 0 && earlier(&entry, &a->heap[(at - 1) / 2]); at = (at - 1) / 2)
        a->heap[at] = a->heap[(at - 1) / 2];
    a->heap[at] = entry;
}

static void sift_down(struct syn_agenda *a)
{
    const struct syn_agenda_entry entry = a->heap[a->heap_count];
    size_t at = 0;
    for (size_t child = 1; child < a->heap_count; child = 2 * at + 1) {
        if (child + 1 < a->heap_count && earlier(&a->heap[child + 1], &a->heap[child]))
            child++;
        if (!earlier(&a->heap[child], &entry))
            break;
        a->heap[at] = a->heap[child];
        at = child;
    }
    a->heap[at] = entry;
}

int syn_agenda_add(struct syn_agenda *a, int64_t at_ns, const struct syn_happening *happening)
{
    if (a->heap_count == a->heap_room && grow_heap(a))
        return SYN_ENOMEM;
    const uint32_t index = a->unused[--a->unused_count];
    a->happenings[index] = *happening;
    a->heap[a->heap_count] = (struct syn_agenda_entry){at_ns, a->order++, index};
    sift_up(a, a->heap_count++);
    return 0;
}

static int grow_now(struct syn_agenda *a)
{
    const size_t room = a->now_room ? 2 * a->now_room : 64;
    struct syn_happening *now = malloc(room * sizeof *now);
    if (!now)
        return SYN_ENOMEM;
    for (size_t i = 0; i < a->now_count; i++)
        now[i] = a->now[(a->now_first + i) & (a->now_room - 1)];
    free(a->now);
    a->now = now;
    a->now_first = 0;
    a->now_room = room;
    return 0;
}

int syn_agenda_add_now(struct syn_agenda *a, const struct syn_happening *happening)
{
    if (a->now_count == a->now_room && grow_now(a))
        return SYN_ENOMEM;
    a->now[(a->now_first + a->now_count++) & (a->now_room - 1)] = *happening;
    return 0;
}

bool syn_agenda_next(struct syn_agenda *a, int64_t *at_ns, struct syn_happening *happening)
{
    if (a->now_count > 0) {
        *happening = a->now[a->now_first];
        a->now_first = (a->now_first + 1) & (a->now_room - 1);
        a->now_count--;
        return true;
    }
    if (a->heap_count == 0)
        return false;
    const struct syn_agenda_entry first = a->heap[0];
    *at_ns = first.at_ns;
    *happening = a->happenings[first.index];
    a->unused[a->unused_count++] = first.index;
    if (--a->heap_count > 0)
        sift_down(a);
    return true;
}

void syn_agenda_each(const struct syn_agenda *a,
                     void (*each)(void *ctx, int64_t at_ns, const struct syn_happening *happening),
                     void *ctx)
{
    for (size_t i = 0; i < a->heap_count; i++)
        each(ctx, a->heap[i].at_ns, &a->happenings[a->heap[i].index]);
}
