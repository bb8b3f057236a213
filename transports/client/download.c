/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file from a device. How much one answer brings is the device's choice: the first one tells,
 * then the window is filled with requests at that distance. One that brings less is asked for the
 * rest of its range.
 */
#include <stdlib.h>
#include <string.h>

#include "transports/client/files.h"
#include "transports/client/files_parts.h"

struct download;

struct range {
    struct download *all;
    size_t offset, size; /* what is missing of it; size 0: unknown, the first */
    bool used;
};

struct download {
    struct syn_session *session;
    struct syn_file_fetch *fetch;
    bool (*progress)(void *user, size_t held, size_t size);
    syn_session_done done;
    void *user;
    size_t piece; /* bytes of an answer; 0: not known yet */
    size_t next;  /* asked for up to here */
    unsigned on_way;
    int status;
    struct syn_error error;
    struct range ranges[SYN_CLIENT_WINDOW_MAX];
    char name[SYN_FILE_NAME_MAX + 1];
};

static void fail(struct download *d, int status, const struct syn_error *error)
{
    if (d->status)
        return; /* the first reason counts */
    d->status = status;
    if (error)
        d->error = *error;
    else
        (void)syn_error_set(&d->error, status, "download: %s", syn_errno_text(status));
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error);

static struct range *free_range(struct download *d)
{
    for (size_t i = 0; i < COUNT(d->ranges); i++)
        if (!d->ranges[i].used)
            return &d->ranges[i];
    return NULL;
}

static int ask(struct download *d, size_t offset, size_t size)
{
    struct range *range = free_range(d);
    if (!range)
        return SYN_EBUSY;
    *range = (struct range){.all = d, .offset = offset, .size = size, .used = true};
    int rc = syn_session_file_read(d->session, d->name, offset, on_piece, range);
    if (rc)
        range->used = false;
    else
        d->on_way++;
    return rc;
}

/* What is there from the start: up to the first byte that is still asked for. */
static size_t contiguous(const struct download *d)
{
    size_t held = d->next;
    for (size_t i = 0; i < COUNT(d->ranges); i++)
        if (d->ranges[i].used && d->ranges[i].offset < held)
            held = d->ranges[i].offset;
    return held;
}

static void fill_window(struct download *d)
{
    unsigned window = syn_client_window(d->session->client);
    while (!d->status && d->piece && d->next < d->fetch->size && d->on_way < window) {
        size_t left = d->fetch->size - d->next;
        size_t size = left < d->piece ? left : d->piece;
        int rc = ask(d, d->next, size);
        if (rc == SYN_EBUSY && d->on_way > 0)
            return;
        if (rc)
            fail(d, rc, NULL);
        else
            d->next += size;
    }
}

static void proceed(struct download *d)
{
    const struct syn_answer none = {0};
    fill_window(d);
    if (d->on_way > 0)
        return;
    d->done(d->user, d->status, &none, d->status ? &d->error : NULL);
    free(d);
}

/* The first answer of a file says how large it is. */
static int take_size(struct download *d, const struct syn_file_piece *piece)
{
    struct syn_file_fetch *f = d->fetch;
    if (f->data)
        return 0;
    if (!piece->has_bytes)
        return syn_error_set(&d->error, SYN_EPROTO,
                             "download: the device does not say how large the file is");
    if (piece->bytes > SYN_FILE_MAX)
        return syn_error_set(&d->error, SYN_EOOR, "download: %u bytes are more than %u",
                             piece->bytes, SYN_FILE_MAX);
    f->data = malloc(piece->bytes ? piece->bytes : 1);
    f->size = piece->bytes;
    return f->data ? 0 : syn_error_set(&d->error, SYN_ENOMEM, "download: no memory");
}

static int take_bytes(struct download *d, struct range *range, const struct syn_file_piece *piece)
{
    size_t wanted = range->size ? range->size : d->fetch->size - range->offset;
    size_t n = piece->data.size < wanted ? piece->data.size : wanted;
    if (piece->offset != range->offset)
        return syn_error_set(&d->error, SYN_EPROTO, "download: byte %zu was asked for, %u came",
                             range->offset, piece->offset);
    if (n == 0 && wanted > 0)
        return syn_error_set(&d->error, SYN_ECORRUPT,
                             "download: the file ends at byte %zu of %zu: has it changed?",
                             range->offset, d->fetch->size);
    if (n > 0)
        memcpy(d->fetch->data + range->offset, piece->data.data, n);
    if (range->size == 0) { /* the first */
        d->piece = n ? n : 1;
        d->next = range->offset + n;
        return 0;
    }
    return n < wanted ? ask(d, range->offset + n, wanted - n) : 0;
}

static void on_piece(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct range range = *(struct range *)user;
    struct download *d = range.all;
    ((struct range *)user)->used = false;
    d->on_way--;
    if (status == 0 && !d->status) {
        status = take_size(d, &answer->file_piece);
        status = status ? status : take_bytes(d, &range, &answer->file_piece);
        error = d->error.code ? &d->error : NULL;
    }
    if (status) {
        /* What came behind a piece that is missing is fetched again. */
        d->next = range.offset < d->next ? range.offset : d->next;
        fail(d, status, error);
    } else if (!d->status) {
        d->fetch->held = contiguous(d);
        if (d->progress && !d->progress(d->user, d->fetch->held, d->fetch->size))
            fail(d, SYN_ECANCELED, NULL);
    }
    proceed(d);
}

int syn_session_file_download(struct syn_session *s, const char *name, struct syn_file_fetch *fetch,
                              bool (*progress)(void *user, size_t held, size_t size),
                              syn_session_done done, void *user)
{
    if (strlen(name) > SYN_FILE_NAME_MAX)
        return SYN_EINVAL;
    struct download *d = calloc(1, sizeof *d);
    if (!d)
        return SYN_ENOMEM;
    d->session = s;
    d->fetch = fetch;
    d->progress = progress;
    d->done = done;
    d->user = user;
    d->next = fetch->held;
    memcpy(d->name, name, strlen(name));
    int rc = ask(d, fetch->held, 0);
    if (rc)
        free(d);
    return rc;
}
