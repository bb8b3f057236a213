/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/file_hash.h"

#include "cli/fleet/smp.h"
#include "devices/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sha256[] = "sha256", crc32[] = "crc32";

/* ---- asking ---- */

/* What a question that was started with `ask` gave; `ask` is freed. */
static int wait_for(struct syn_smp_call *ask, struct syn_member *member, int started,
                    struct syn_answer *answer, struct syn_error *error)
{
    int rc = syn_smp_call_wait(ask, member, started, "files", error);
    if (rc == 0)
        *answer = ask->answer;
    free(ask);
    return rc;
}

int syn_file_size(struct syn_member *member, const char *path, size_t *bytes,
                  struct syn_error *error)
{
    struct syn_smp_call *ask = syn_smp_call_new(member, error);
    struct syn_answer answer;
    if (!ask)
        return SYN_ELINK;
    int started = syn_session_file_status(member->session, path, syn_operation_done, &ask->op);
    int rc = wait_for(ask, member, started, &answer, error);
    *bytes = rc == 0 ? answer.file.bytes : 0;
    return rc;
}

/* The best kind that both know; empty: none. Devices that do not list theirs may have SHA-256. */
static int choose_kind(struct syn_member *member, char kind[16])
{
    struct syn_smp_call *ask = syn_smp_call_new(member, NULL);
    struct syn_answer answer;
    const char *best = "";
    if (!ask)
        return SYN_ELINK;
    int started = syn_session_file_hashes(member->session, syn_operation_done, &ask->op);
    int rc = wait_for(ask, member, started, &answer, NULL);
    for (unsigned i = 0; rc == 0 && i < answer.file_hashes.count; i++) {
        const char *known = answer.file_hashes.kinds[i];
        if (strcmp(known, sha256) == 0)
            best = sha256;
        else if (strcmp(known, crc32) == 0 && !best[0])
            best = crc32;
    }
    (void)snprintf(kind, 16, "%s", rc == 0 ? best : sha256);
    return rc == SYN_ELINK || rc == SYN_ECANCELED ? rc : 0;
}

/* Refusals mean that there is no such hash; only links break. */
static int ask_hash(struct syn_member *member, const char *path, size_t bytes,
                    struct syn_file_state *state, struct syn_error *error)
{
    char kind[16];
    struct syn_answer answer;
    *state = (struct syn_file_state){.bytes = 0};
    int rc = choose_kind(member, kind);
    if (rc != 0)
        return syn_error_set(error, rc, "%s: %s", path, syn_errno_text(rc));
    struct syn_smp_call *ask = kind[0] ? syn_smp_call_new(member, error) : NULL;
    if (!ask)
        return kind[0] ? SYN_ELINK : 0;
    int started =
        syn_session_file_hash(member->session, path, kind, bytes, syn_operation_done, &ask->op);
    rc = wait_for(ask, member, started, &answer, error);
    if (rc == 0) {
        *state = answer.file;
        (void)snprintf(state->kind, sizeof state->kind, "%s", kind);
    }
    if (rc == SYN_ELINK || rc == SYN_ECANCELED)
        return rc;
    if (rc != 0)
        syn_error_clear(error);
    return 0;
}

int syn_file_state(struct syn_member *member, const char *path, struct syn_file_state *state,
                   struct syn_error *error)
{
    return ask_hash(member, path, 0, state, error);
}

/* ---- comparing ---- */

static bool is_hash_of(const struct syn_file_state *state, const void *bytes, size_t size)
{
    uint8_t hash[SYN_SHA256_SIZE];
    if (strcmp(state->kind, sha256) == 0) {
        syn_sha256(bytes, size, hash);
        return state->hash_size == sizeof hash && memcmp(hash, state->hash, sizeof hash) == 0;
    }
    return state->is_number && state->number == syn_crc32(0, bytes, size);
}

int syn_file_same(struct syn_member *member, const char *path, const void *bytes, size_t size,
                  bool *same, char kind[16], struct syn_error *error)
{
    struct syn_file_state state;
    int rc = ask_hash(member, path, size, &state, error);
    if (rc != 0 || (state.hash_size == 0 && !state.is_number))
        return rc;
    (void)snprintf(kind, 16, "%s", state.kind);
    *same = is_hash_of(&state, bytes, size);
    return 0;
}

void syn_file_digits(const struct syn_file_state *state, char *text, size_t size)
{
    text[0] = '\0';
    if (state->is_number)
        (void)snprintf(text, size, "%08x", state->number);
    for (size_t i = 0; i < state->hash_size && 2 * i + 3 <= size; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", state->hash[i]);
}
