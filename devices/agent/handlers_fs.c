/* SPDX-License-Identifier: MIT */
/* Group 8: files of the port's folder. Any first folder of a path is taken for it: "/lfs/a", "/a"
 * and "a" are the same file. */
#include "devices/agent/dispatch.h"

#if SYN_AGENT_FILES

#include "devices/base/hash.h"

#include <string.h>

enum {
    PIECE = 512, /* bytes of a file in one answer */
    ERR_NAME = 2,
    ERR_NO_FILE = 3,
    ERR_READ = 7,
    ERR_WRITE = 10,
    ERR_BEYOND = 12,
    ERR_HASH = 13,
    ERR_EMPTY = 16,
};

struct request {
    struct syn_span name, data, type;
    uint32_t off, len;
    char file[SYN_AGENT_FILE_NAME_MAX + 1];
    uint32_t size; /* of the file */
};

enum { HAS_DATA = 1 << 1, HAS_OFF = 1 << 3, HAS_LEN = 1 << 4 };

static const struct syn_cbor_field fields[] = {
    SYN_FIELD(SYN_KEY_TEXT, struct request, name, "name"),
    SYN_FIELD(SYN_KEY_BYTES, struct request, data, "data"),
    SYN_FIELD(SYN_KEY_TEXT, struct request, type, "type"),
    SYN_FIELD(SYN_KEY_U32, struct request, off, "off"),
    SYN_FIELD(SYN_KEY_U32, struct request, len, "len"),
};

static void fail(struct syn_agent_call *call, unsigned rc)
{
    syn_agent_fail(call, SYN_GROUP_FS, rc, NULL);
}

/* ---- names ---- */

/* Where the name of the file begins: behind a slash, and behind the folder that may follow. */
static size_t folder_size(struct syn_span name)
{
    if (name.size == 0 || name.data[0] != '/')
        return 0;
    for (size_t i = 1; i < name.size; i++)
        if (name.data[i] == '/')
            return i + 1;
    return 1;
}

static bool take_name(struct request *r)
{
    size_t begin = folder_size(r->name), size = r->name.size - begin;
    const uint8_t *text = r->name.data + begin;
    if (size == 0 || size > SYN_AGENT_FILE_NAME_MAX || text[0] == '.')
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '/' || text[i] < ' ')
            return false;
    memcpy(r->file, text, size);
    r->file[size] = 0;
    return true;
}

static bool read_request(struct syn_agent_call *call, struct request *r, uint32_t *seen)
{
    *r = (struct request){.off = 0};
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], r, seen))
        return false;
    if (take_name(r))
        return true;
    fail(call, ERR_NAME);
    return false;
}

/* Of a file that must be there. */
static bool find(struct syn_agent_call *call, struct request *r)
{
    const struct syn_agent_files *files = call->agent->port.files;
    int64_t size = files->size(files->ctx, r->file);
    if (size >= 0 && size <= UINT32_MAX) {
        r->size = (uint32_t)size;
        return true;
    }
    fail(call, size == SYN_ENOENT ? ERR_NO_FILE : ERR_READ);
    return false;
}

/* ---- command 0 ---- */

static void read_piece(struct syn_agent_call *call, struct request *r)
{
    const struct syn_agent_files *files = call->agent->port.files;
    uint8_t data[PIECE];
    if (!find(call, r))
        return;
    if (r->off > r->size) {
        fail(call, ERR_BEYOND);
        return;
    }
    long n = files->read(files->ctx, r->file, r->off, data, sizeof data);
    if (n < 0) {
        fail(call, ERR_READ);
        return;
    }
    syn_cbor_put_map(&call->out, r->off == 0 ? 3 : 2);
    syn_cbor_pair_uint(&call->out, "off", r->off);
    syn_cbor_pair_bytes(&call->out, "data", data, (size_t)n);
    if (r->off == 0)
        syn_cbor_pair_uint(&call->out, "len", r->size);
}

/* A piece that does not begin where the file ends changes nothing; the answer says where that is.
 */
static void write_piece(struct syn_agent_call *call, struct request *r)
{
    const struct syn_agent_files *files = call->agent->port.files;
    int64_t size = r->off ? files->size(files->ctx, r->file) : 0;
    if (size < 0) {
        fail(call, size == SYN_ENOENT ? ERR_NO_FILE : ERR_WRITE);
        return;
    }
    if (size == r->off) {
        int rc = files->write(files->ctx, r->file, r->off, r->data.data, r->data.size);
        if (rc) {
            syn_agent_fail(call, SYN_GROUP_FS, ERR_WRITE, rc == SYN_ENOMEM ? "no room" : NULL);
            return;
        }
        size = (int64_t)(r->off + r->data.size);
    }
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_uint(&call->out, "off", (uint64_t)size);
}

void syn_agent_fs_file(struct syn_agent_call *call)
{
    struct request r;
    uint32_t seen;
    if (!read_request(call, &r, &seen))
        return;
    if (call->request.op == SYN_SMP_READ)
        read_piece(call, &r);
    else if (!(seen & HAS_DATA) || !(seen & HAS_OFF) || (r.off == 0 && !(seen & HAS_LEN)))
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, NULL);
    else
        write_piece(call, &r);
}

/* ---- the others ---- */

void syn_agent_fs_status(struct syn_agent_call *call)
{
    struct request r;
    if (!read_request(call, &r, NULL) || !find(call, &r))
        return;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_uint(&call->out, "len", r.size);
}

struct digest {
    struct syn_sha256 sha;
    uint32_t crc;
};

/* Of `len` bytes from `off` on. */
static int hash_file(const struct syn_agent_files *files, const struct request *r,
                     struct digest *digest)
{
    uint8_t data[PIECE];
    uint32_t at = r->off, left = r->len;
    syn_sha256_init(&digest->sha);
    digest->crc = 0;
    while (left > 0) {
        long n = files->read(files->ctx, r->file, at, data, left < PIECE ? left : PIECE);
        if (n <= 0)
            return SYN_EIO;
        syn_sha256_update(&digest->sha, data, (size_t)n);
        digest->crc = syn_crc32(digest->crc, data, (size_t)n);
        at += (uint32_t)n;
        left -= (uint32_t)n;
    }
    return 0;
}

static void put_hash(struct syn_agent_call *call, const struct request *r, bool crc,
                     struct digest *digest)
{
    uint8_t sha[SYN_SHA256_SIZE];
    syn_cbor_put_map(&call->out, r->off ? 4 : 3);
    syn_cbor_pair_text(&call->out, "type", crc ? "crc32" : "sha256");
    if (r->off)
        syn_cbor_pair_uint(&call->out, "off", r->off);
    syn_cbor_pair_uint(&call->out, "len", r->len);
    if (crc) {
        syn_cbor_pair_uint(&call->out, "output", digest->crc);
        return;
    }
    syn_sha256_final(&digest->sha, sha);
    syn_cbor_pair_bytes(&call->out, "output", sha, sizeof sha);
}

void syn_agent_fs_hash(struct syn_agent_call *call)
{
    struct request r;
    struct digest digest;
    uint32_t seen;
    if (!read_request(call, &r, &seen) || !find(call, &r))
        return;
    bool crc = syn_span_is(r.type, "crc32");
    uint32_t left = r.off < r.size ? r.size - r.off : 0;
    if (!(seen & HAS_LEN) || r.len > left)
        r.len = left;
    if (!crc && r.type.size > 0 && !syn_span_is(r.type, "sha256"))
        fail(call, ERR_HASH);
    else if (r.size == 0)
        fail(call, ERR_EMPTY);
    else if (r.off > r.size)
        fail(call, ERR_BEYOND);
    else if (hash_file(call->agent->port.files, &r, &digest))
        fail(call, ERR_READ);
    else
        put_hash(call, &r, crc, &digest);
}

static void put_type(struct syn_cbor_out *out, const char *name, unsigned format, unsigned size)
{
    syn_cbor_put_text(out, name);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_uint(out, "format", format);
    syn_cbor_pair_uint(out, "size", size);
}

void syn_agent_fs_types(struct syn_agent_call *call)
{
    enum { NUMBER, BYTES };
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "types");
    syn_cbor_put_map(&call->out, 2);
    put_type(&call->out, "crc32", NUMBER, sizeof(uint32_t));
    put_type(&call->out, "sha256", BYTES, SYN_SHA256_SIZE);
}

/* Nothing is kept open. */
void syn_agent_fs_close(struct syn_agent_call *call)
{
    (void)call;
}

#endif
