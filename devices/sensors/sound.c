/* SPDX-License-Identifier: MIT */
/* RIFF WAVE, 16 bit mono PCM. */
#include "devices/sensors/formats.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8, FORMAT_SIZE = 16, PCM = 1, EXTENSIBLE = 0xfffe };

struct chunk {
    size_t at, size; /* of its body */
};

/* Finds a chunk by its name; its body lies in the file. */
static bool find_chunk(const struct syn_sensor_file *f, const char *name, struct chunk *chunk)
{
    size_t at = RIFF_HEAD;
    while (f->size - at >= CHUNK_HEAD) {
        const uint8_t *head = f->content + at;
        size_t size = syn_get_le32(head + 4), left = f->size - at - CHUNK_HEAD;
        *chunk = (struct chunk){at + CHUNK_HEAD, size};
        if (memcmp(head, name, 4) == 0)
            return size <= left;
        if (size + (size & 1) > left)
            return false;
        at += CHUNK_HEAD + size + (size & 1);
    }
    return false;
}

static bool is_pcm(const struct syn_sensor_file *f, struct chunk format)
{
    enum { SUBFORMAT = 24 };
    uint16_t tag = syn_get_le16(f->content + format.at);
    if (tag == EXTENSIBLE && format.size >= SUBFORMAT + 2)
        tag = syn_get_le16(f->content + format.at + SUBFORMAT);
    return tag == PCM;
}

int syn_sensor_read_wav(struct syn_sensor_file *f, char *why, size_t why_size)
{
    struct chunk format, data;
    if (f->size < RIFF_HEAD || memcmp(f->content + 8, "WAVE", 4) != 0)
        (void)snprintf(why, why_size, "RIFF, but no WAVE");
    else if (!find_chunk(f, "fmt ", &format) || format.size < FORMAT_SIZE)
        (void)snprintf(why, why_size, "WAVE without its format");
    else if (!is_pcm(f, format))
        (void)snprintf(why, why_size, "compressed sound, PCM is needed");
    else if (syn_get_le16(f->content + format.at + 2) != 1)
        (void)snprintf(why, why_size, "%u channels, mono is needed",
                       syn_get_le16(f->content + format.at + 2));
    else if (syn_get_le16(f->content + format.at + 14) != 16)
        (void)snprintf(why, why_size, "%u bits a sample, 16 are needed",
                       syn_get_le16(f->content + format.at + 14));
    else if (!find_chunk(f, "data", &data))
        (void)snprintf(why, why_size, "cut off: the sound data are not all there");
    else {
        f->coding = SYN_CODING_SOUND;
        f->data = data.at;
        f->window = 0;
        f->count = data.size / 2;
        return 0;
    }
    return SYN_ECORRUPT;
}
