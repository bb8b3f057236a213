/* SPDX-License-Identifier: MIT */
/* RIFF WAVE, 16 kHz, 16 bit mono PCM. */
#include "devices/sensors/formats.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8, FORMAT_SIZE = 16, PCM = 1, EXTENSIBLE = 0xfffe };
enum { RATE_HZ = 16000 };

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
    else if (syn_get_le32(f->content + format.at + 4) != RATE_HZ)
        (void)snprintf(why, why_size, "%u samples a second, %d are needed",
                       (unsigned)syn_get_le32(f->content + format.at + 4), RATE_HZ);
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

static int sample(const struct syn_sensor_file *f, size_t i)
{
    return (int16_t)syn_get_le16(f->content + f->data + i * 2);
}

void syn_sensor_copy_sound(const struct syn_sensor_file *f, size_t start, size_t bytes, int8_t *to)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (int8_t)(start + i < f->count ? sample(f, start + i) / 256 : 0);
}

size_t syn_sensor_loudest(const struct syn_sensor_file *f, size_t bytes)
{
    int64_t sum = 0, loudest = -1;
    size_t best = 0;
    for (size_t i = 0; i < f->count; i++) {
        sum += abs(sample(f, i));
        if (i >= bytes)
            sum -= abs(sample(f, i - bytes));
        if (i + 1 >= bytes && sum > loudest) {
            loudest = sum;
            best = i + 1 - bytes;
        }
    }
    return best;
}
