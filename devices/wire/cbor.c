/* SPDX-License-Identifier: MIT */
#include "devices/wire/cbor.h"

#include <string.h>

enum { INDEFINITE = 31, BREAK_BYTE = 0xff };

struct head {
    uint8_t major;
    uint8_t info; /* low five bits */
    uint64_t value;
};

bool syn_span_is(struct syn_span span, const char *s)
{
    size_t n = strlen(s);
    return span.size == n && (n == 0 || memcmp(span.data, s, n) == 0);
}

void syn_span_text(struct syn_span span, char *to, size_t size)
{
    if (size == 0)
        return;
    size_t n = span.size < size - 1 ? span.size : size - 1;
    if (n > 0)
        memcpy(to, span.data, n);
    to[n] = 0;
}

/* ---- writing ---- */

void syn_cbor_out_init(struct syn_cbor_out *w, void *data, size_t size)
{
    *w = (struct syn_cbor_out){.data = data, .size = size};
}

static size_t head_size(uint64_t v)
{
    return v < 24 ? 1 : v <= 0xff ? 2 : v <= 0xffff ? 3 : v <= 0xffffffff ? 5 : 9;
}

/* Takes room for a head and `body` bytes after it; writes the head; returns where the body goes. */
static uint8_t *put_head(struct syn_cbor_out *w, uint8_t major, uint64_t v, size_t body)
{
    static const uint8_t info[] = {[2] = 24, [3] = 25, [5] = 26, [9] = 27};
    size_t n = head_size(v);
    if (w->error)
        return NULL;
    if (w->size - w->length < n || w->size - w->length - n < body) {
        w->error = SYN_ENOMEM;
        return NULL;
    }
    uint8_t *p = w->data + w->length;
    p[0] = (uint8_t)(major << 5 | (n == 1 ? (uint8_t)v : info[n]));
    for (size_t i = n - 1; i > 0; i--, v >>= 8)
        p[i] = (uint8_t)v;
    w->length += n + body;
    return p + n;
}

static void put_byte(struct syn_cbor_out *w, uint8_t byte)
{
    if (w->error)
        return;
    if (w->length == w->size)
        w->error = SYN_ENOMEM;
    else
        w->data[w->length++] = byte;
}

void syn_cbor_put_uint(struct syn_cbor_out *w, uint64_t v)
{
    (void)put_head(w, 0, v, 0);
}

void syn_cbor_put_int(struct syn_cbor_out *w, int64_t v)
{
    if (v >= 0)
        (void)put_head(w, 0, (uint64_t)v, 0);
    else
        (void)put_head(w, 1, (uint64_t)(-(v + 1)), 0);
}

void syn_cbor_put_bool(struct syn_cbor_out *w, bool v)
{
    put_byte(w, v ? 0xf5 : 0xf4);
}

void syn_cbor_put_null(struct syn_cbor_out *w)
{
    put_byte(w, 0xf6);
}

static void put_string(struct syn_cbor_out *w, uint8_t major, const void *data, size_t size)
{
    uint8_t *p = put_head(w, major, size, size);
    if (p && size > 0)
        memcpy(p, data, size);
}

void syn_cbor_put_text_n(struct syn_cbor_out *w, const char *s, size_t size)
{
    put_string(w, 3, s, size);
}

void syn_cbor_put_text(struct syn_cbor_out *w, const char *s)
{
    put_string(w, 3, s, strlen(s));
}

void syn_cbor_put_bytes(struct syn_cbor_out *w, const void *data, size_t size)
{
    put_string(w, 2, data, size);
}

void syn_cbor_put_map(struct syn_cbor_out *w, size_t count)
{
    (void)put_head(w, 5, count, 0);
}

void syn_cbor_put_array(struct syn_cbor_out *w, size_t count)
{
    (void)put_head(w, 4, count, 0);
}

void syn_cbor_open_map(struct syn_cbor_out *w)
{
    put_byte(w, 5 << 5 | INDEFINITE);
}

void syn_cbor_open_array(struct syn_cbor_out *w)
{
    put_byte(w, 4 << 5 | INDEFINITE);
}

void syn_cbor_close(struct syn_cbor_out *w)
{
    put_byte(w, BREAK_BYTE);
}

void syn_cbor_pair_uint(struct syn_cbor_out *w, const char *key, uint64_t v)
{
    syn_cbor_put_text(w, key);
    syn_cbor_put_uint(w, v);
}

void syn_cbor_pair_int(struct syn_cbor_out *w, const char *key, int64_t v)
{
    syn_cbor_put_text(w, key);
    syn_cbor_put_int(w, v);
}

void syn_cbor_pair_bool(struct syn_cbor_out *w, const char *key, bool v)
{
    syn_cbor_put_text(w, key);
    syn_cbor_put_bool(w, v);
}

void syn_cbor_pair_text(struct syn_cbor_out *w, const char *key, const char *s)
{
    syn_cbor_put_text(w, key);
    syn_cbor_put_text(w, s);
}

void syn_cbor_pair_bytes(struct syn_cbor_out *w, const char *key, const void *data, size_t size)
{
    syn_cbor_put_text(w, key);
    syn_cbor_put_bytes(w, data, size);
}

/* ---- reading ---- */

void syn_cbor_in_init(struct syn_cbor_in *r, const void *data, size_t size)
{
    *r = (struct syn_cbor_in){.data = data, .size = size};
}

static void fail(struct syn_cbor_in *r)
{
    r->error = SYN_EPROTO;
}

enum syn_cbor_type syn_cbor_peek(const struct syn_cbor_in *r)
{
    static const uint8_t majors[] = {SYN_CBOR_UINT,  SYN_CBOR_NEGINT, SYN_CBOR_BYTES, SYN_CBOR_TEXT,
                                     SYN_CBOR_ARRAY, SYN_CBOR_MAP,    SYN_CBOR_TAG};
    if (r->error || r->at >= r->size)
        return SYN_CBOR_END;
    uint8_t byte = r->data[r->at];
    switch (byte) {
    case 0xf4:
    case 0xf5:
        return SYN_CBOR_BOOL;
    case 0xf6:
        return SYN_CBOR_NULL;
    case BREAK_BYTE:
        return SYN_CBOR_BREAK;
    default:
        return byte >> 5 < 7 ? (enum syn_cbor_type)majors[byte >> 5] : SYN_CBOR_OTHER;
    }
}

static bool get_head(struct syn_cbor_in *r, struct head *h)
{
    *h = (struct head){0};
    if (r->error || r->at >= r->size) {
        fail(r);
        return false;
    }
    uint8_t byte = r->data[r->at++];
    h->major = byte >> 5;
    h->info = byte & 31;
    h->value = h->info;
    if (h->info < 24 || h->info == INDEFINITE)
        return true;
    size_t n = h->info <= 27 ? (size_t)1 << (h->info - 24) : SIZE_MAX;
    if (n > r->size - r->at) {
        fail(r);
        return false;
    }
    for (h->value = 0; n > 0; n--)
        h->value = h->value << 8 | r->data[r->at++];
    return true;
}

/* A head of the wanted major type; with_break says whether an indefinite length is fine. */
static bool expect(struct syn_cbor_in *r, uint8_t major, bool with_indefinite, struct head *h)
{
    if (get_head(r, h) && h->major == major && (with_indefinite || h->info != INDEFINITE))
        return true;
    fail(r);
    *h = (struct head){0};
    return false;
}

uint64_t syn_cbor_get_uint(struct syn_cbor_in *r)
{
    struct head h;
    (void)expect(r, 0, false, &h);
    return h.value;
}

int64_t syn_cbor_get_int(struct syn_cbor_in *r)
{
    struct head h;
    if (!get_head(r, &h) || h.major > 1 || h.info == INDEFINITE || h.value > INT64_MAX) {
        fail(r);
        return 0;
    }
    return h.major == 0 ? (int64_t)h.value : -1 - (int64_t)h.value;
}

bool syn_cbor_get_bool(struct syn_cbor_in *r)
{
    if (syn_cbor_peek(r) != SYN_CBOR_BOOL) {
        fail(r);
        return false;
    }
    return r->data[r->at++] == 0xf5;
}

static struct syn_span get_string(struct syn_cbor_in *r, uint8_t major)
{
    struct head h;
    struct syn_span none = {0};
    if (!expect(r, major, false, &h))
        return none;
    if (h.value > r->size - r->at) {
        fail(r);
        return none;
    }
    struct syn_span span = {r->data + r->at, (size_t)h.value};
    r->at += span.size;
    return span;
}

struct syn_span syn_cbor_get_text(struct syn_cbor_in *r)
{
    return get_string(r, 3);
}

struct syn_span syn_cbor_get_bytes(struct syn_cbor_in *r)
{
    return get_string(r, 2);
}

static struct syn_cbor_scope get_container(struct syn_cbor_in *r, uint8_t major)
{
    struct head h;
    struct syn_cbor_scope scope = {0};
    if (expect(r, major, true, &h)) {
        scope.indefinite = h.info == INDEFINITE;
        scope.left = scope.indefinite ? 0 : h.value;
    }
    return scope;
}

struct syn_cbor_scope syn_cbor_get_map(struct syn_cbor_in *r)
{
    return get_container(r, 5);
}

struct syn_cbor_scope syn_cbor_get_array(struct syn_cbor_in *r)
{
    return get_container(r, 4);
}

bool syn_cbor_next(struct syn_cbor_in *r, struct syn_cbor_scope *scope)
{
    if (r->error)
        return false;
    if (!scope->indefinite)
        return scope->left > 0 && scope->left--;
    if (syn_cbor_peek(r) == SYN_CBOR_END)
        fail(r);
    if (syn_cbor_peek(r) != SYN_CBOR_BREAK)
        return !r->error;
    r->at++;
    *scope = (struct syn_cbor_scope){0};
    return false;
}

bool syn_cbor_next_key(struct syn_cbor_in *r, struct syn_cbor_scope *scope, struct syn_span *key)
{
    while (syn_cbor_next(r, scope)) {
        if (syn_cbor_peek(r) == SYN_CBOR_TEXT) {
            *key = syn_cbor_get_text(r);
            return !r->error;
        }
        (void)syn_cbor_skip(r);
        (void)syn_cbor_skip(r);
    }
    *key = (struct syn_span){0};
    return false;
}

/* Containers that are open while an item is skipped; items still to come in each. */
struct nest {
    uint64_t left[SYN_CBOR_DEPTH];
    bool indefinite[SYN_CBOR_DEPTH];
    bool pairs[SYN_CBOR_DEPTH];     /* a map of indefinite length: the break stands after a value */
    bool odd[SYN_CBOR_DEPTH];       /* between key and value of such a map */
    uint8_t string[SYN_CBOR_DEPTH]; /* major type of the pieces when it is a string, else 0 */
    unsigned depth;
};

static void nest_open(struct syn_cbor_in *r, struct nest *n, const struct head *h)
{
    bool map = h->major == 5;
    if (n->depth == SYN_CBOR_DEPTH || (map && h->value > UINT64_MAX / 2)) {
        fail(r);
        return;
    }
    unsigned d = n->depth++;
    n->indefinite[d] = h->info == INDEFINITE;
    n->left[d] = h->major == 6 ? 1 : map ? 2 * h->value : h->value;
    n->pairs[d] = map;
    n->odd[d] = false;
    n->string[d] = h->major == 2 || h->major == 3 ? h->major : 0;
}

static void skip_break(struct syn_cbor_in *r, struct nest *n)
{
    unsigned d = n->depth;
    if (d == 0 || !n->indefinite[d - 1] || (n->pairs[d - 1] && n->odd[d - 1]))
        fail(r);
    else
        n->depth--;
}

/* The body that follows a head: nothing, bytes, or the items of a container. */
static void skip_body(struct syn_cbor_in *r, struct nest *n, const struct head *h)
{
    bool string = h->major == 2 || h->major == 3;
    if (h->info == INDEFINITE && (h->major < 2 || h->major > 5)) {
        fail(r); /* numbers and tags have no indefinite form; a break is dealt with before */
    } else if (string && h->info != INDEFINITE) {
        if (h->value > r->size - r->at)
            fail(r);
        else
            r->at += (size_t)h->value;
    } else if (h->major >= 2 && h->major <= 6) {
        nest_open(r, n, h);
    }
}

/* Counts the item that begins now against the container it stands in. */
static void nest_count(struct syn_cbor_in *r, struct nest *n, const struct head *h)
{
    if (n->depth == 0)
        return;
    unsigned d = n->depth - 1;
    if (n->string[d] && (h->major != n->string[d] || h->info == INDEFINITE))
        fail(r);
    if (!n->indefinite[d])
        n->left[d]--;
    n->odd[d] = !n->odd[d];
}

static void nest_close_full(struct nest *n)
{
    while (n->depth > 0 && !n->indefinite[n->depth - 1] && n->left[n->depth - 1] == 0)
        n->depth--;
}

struct syn_span syn_cbor_skip(struct syn_cbor_in *r)
{
    struct nest n = {.depth = 0};
    size_t start = r->at;
    do {
        struct head h;
        if (!get_head(r, &h))
            break;
        if (h.major == 7 && h.info == INDEFINITE) {
            skip_break(r, &n);
        } else {
            nest_count(r, &n, &h);
            if (!r->error)
                skip_body(r, &n, &h);
        }
        nest_close_full(&n);
    } while (!r->error && n.depth > 0);
    if (r->error)
        return (struct syn_span){0};
    return (struct syn_span){r->data + start, r->at - start};
}
