/* SPDX-License-Identifier: MIT */
#include "devices/boot/image.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"

#include <string.h>

#define MAGIC 0x96f3b83du

enum {
    TRAILERS = 0x6907,
    TRAILERS_PROTECTED = 0x6908,
    TRAILER_HEAD = 4, /* of all together and of each */
    TAG_SHA256 = 0x10,
    TAG_BOARD = 0x00a0, /* of the range that is free for vendors */
};

static bool lengths_are_possible(const struct syn_fw_image *image)
{
    uint64_t all =
        (uint64_t)image->header_bytes + image->payload_bytes + (uint64_t)image->protected_bytes;
    return image->header_bytes >= SYN_FW_HEADER && image->payload_bytes > 0 && all <= INT32_MAX;
}

int syn_fw_header(struct syn_fw_image *image, const uint8_t *bytes, size_t size)
{
    memset(image, 0, sizeof *image);
    uint32_t magic = size < sizeof magic ? 0 : syn_get_le32(bytes);
    if (magic != MAGIC)
        return magic == UINT32_MAX ? SYN_ENOENT : SYN_EPROTO;
    if (size < SYN_FW_HEADER)
        return SYN_ECORRUPT;
    image->load = syn_get_le32(bytes + 4);
    image->header_bytes = syn_get_le16(bytes + 8);
    image->protected_bytes = syn_get_le16(bytes + 10);
    image->payload_bytes = syn_get_le32(bytes + 12);
    image->flags = syn_get_le32(bytes + 16);
    image->version.major = bytes[20];
    image->version.minor = bytes[21];
    image->version.revision = syn_get_le16(bytes + 22);
    image->version.build = syn_get_le32(bytes + 24);
    return lengths_are_possible(image) ? 0 : SYN_ECORRUPT;
}

/* ---- trailers ---- */

struct found {
    unsigned hashes, boards;
};

static int take_board(struct syn_fw_image *image, const uint8_t *text, size_t size)
{
    if (size >= SYN_FW_BOARD_MAX || size == 0)
        return SYN_ECORRUPT;
    memcpy(image->board, text, size);
    image->board[size] = 0;
    return strlen(image->board) == size ? 0 : SYN_ECORRUPT;
}

static int take(struct syn_fw_image *image, struct found *found, uint16_t tag, const uint8_t *bytes,
                size_t size)
{
    if (tag == TAG_BOARD)
        return found->boards++ ? SYN_ECORRUPT : take_board(image, bytes, size);
    if (tag != TAG_SHA256)
        return 0;
    if (size != SYN_SHA256_SIZE || found->hashes++)
        return SYN_ECORRUPT;
    memcpy(image->hash, bytes, SYN_SHA256_SIZE);
    return 0;
}

/* One area of trailers at `at`; `*end` is behind it. */
static int read_area(struct syn_fw_image *image, struct found *found, uint16_t magic,
                     const uint8_t *bytes, size_t size, size_t at, size_t *end)
{
    if (at > size || size - at < TRAILER_HEAD || syn_get_le16(bytes + at) != magic)
        return SYN_ECORRUPT;
    size_t area = syn_get_le16(bytes + at + 2);
    if (area < TRAILER_HEAD || area > size - at)
        return SYN_ECORRUPT;
    *end = at + area;
    for (at += TRAILER_HEAD; at < *end;) {
        if (*end - at < TRAILER_HEAD)
            return SYN_ECORRUPT;
        uint16_t tag = syn_get_le16(bytes + at), length = syn_get_le16(bytes + at + 2);
        at += TRAILER_HEAD;
        if (length > *end - at || take(image, found, tag, bytes + at, length))
            return SYN_ECORRUPT;
        at += length;
    }
    return 0;
}

int syn_fw_read(struct syn_fw_image *image, const uint8_t *bytes, size_t size)
{
    struct found found = {0, 0};
    int rc = syn_fw_header(image, bytes, size);
    if (rc)
        return rc;
    size_t at = (size_t)image->header_bytes + image->payload_bytes, end = at;
    if (image->protected_bytes > 0) {
        rc = read_area(image, &found, TRAILERS_PROTECTED, bytes, size, at, &end);
        if (rc || end - at != image->protected_bytes)
            return SYN_ECORRUPT;
    }
    rc = read_area(image, &found, TRAILERS, bytes, size, end, &end);
    image->size = (uint32_t)end;
    return rc == 0 && found.hashes == 1 ? 0 : SYN_ECORRUPT;
}

int syn_fw_check(struct syn_fw_image *image, const uint8_t *bytes, size_t size)
{
    uint8_t hash[SYN_SHA256_SIZE];
    int rc = syn_fw_read(image, bytes, size);
    if (rc)
        return rc;
    syn_sha256(bytes, (size_t)image->header_bytes + image->payload_bytes + image->protected_bytes,
               hash);
    return memcmp(hash, image->hash, sizeof hash) == 0 ? 0 : SYN_ECORRUPT;
}

/* ---- the version ---- */

static char *put_number(char *to, uint32_t v)
{
    char digits[10];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

void syn_fw_version_text(char text[SYN_FW_VERSION_TEXT], const struct syn_fw_version *version)
{
    char *to = put_number(text, version->major);
    *to++ = '.';
    to = put_number(to, version->minor);
    *to++ = '.';
    to = put_number(to, version->revision);
    if (version->build > 0) {
        *to++ = '.';
        to = put_number(to, version->build);
    }
    *to = 0;
}
