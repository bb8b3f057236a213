/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/ids.h"

#include <stdlib.h>
#include <string.h>

/* Does the id of another device end with "-N"? */
static bool is_taken(const struct syn_member *member, unsigned number)
{
    const struct syn_bench *bench = member->bench;
    for (unsigned i = 0; i < bench->count; i++) {
        const char *end = strrchr(bench->members[i]->hello.id, '-');
        if (bench->members[i] != member && end && strtoul(end + 1, NULL, 10) == number)
            return true;
    }
    return false;
}

void syn_ids_number(struct syn_member *member)
{
    while (is_taken(member, member->number))
        member->number++;
}

const struct syn_member *syn_ids_twin(const struct syn_member *member)
{
    const struct syn_bench *bench = member->bench;
    for (unsigned i = 0; member->hello.id[0] && i < bench->count; i++) {
        const struct syn_member *other = bench->members[i];
        if (other != member && other->state == SYN_MEMBER_ONLINE &&
            strcmp(other->hello.id, member->hello.id) == 0)
            return other;
    }
    return NULL;
}
