/* SPDX-License-Identifier: MIT */
/* The formats that sensor.c reads; not for others. */
#ifndef SYN_DEVICES_SENSORS_FORMATS_H
#define SYN_DEVICES_SENSORS_FORMATS_H

#include "devices/sensors/sensor.h"

#include <stdbool.h>

enum syn_sensor_coding {
    SYN_CODING_GRAY,   /* unsigned bytes */
    SYN_CODING_RGB,    /* three unsigned bytes a pixel, interleaved */
    SYN_CODING_SOUND,  /* 16 bit little endian */
    SYN_CODING_SIGNED, /* int8 */
};

struct syn_sensor_folder;

struct syn_sensor_file {
    struct syn_sensor_folder *folder; /* of sounds, read when they are asked for; NULL: a file */
    enum syn_sensor_coding coding;
    uint8_t *content; /* of the file; CSV: the numbers, at its start */
    size_t size;
    size_t data;   /* where the samples begin in `content` */
    size_t window; /* samples of a window; 0 = any number (sound) */
    size_t count;  /* windows; of sound: samples; of a folder: sounds */
};

/* Each fills everything after `size`. Returns 0 or SYN_ECORRUPT with words in `why`. */
int syn_sensor_read_idx(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_pnm(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_wav(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_csv(struct syn_sensor_file *f, char *why, size_t why_size);

/* Samples of sound from `start` on as int8; behind the last there is silence. */
void syn_sensor_copy_sound(const struct syn_sensor_file *f, size_t start, size_t bytes, int8_t *to);

/* Where the loudest `bytes` samples in a row begin, 0 where there are no more than that. */
size_t syn_sensor_loudest(const struct syn_sensor_file *f, size_t bytes);

/* Looks for sounds in a folder. Returns 0, SYN_ENOMEM or SYN_ECORRUPT. */
int syn_sensor_read_folder(struct syn_sensor_file *f, const char *path, char *why, size_t why_size);
void syn_sensor_free_folder(struct syn_sensor_folder *folder); /* NULL is fine */
const char *syn_sensor_folder_label(const struct syn_sensor_folder *folder, size_t index);
int syn_sensor_folder_open(const struct syn_sensor_folder *folder, size_t index,
                           struct syn_sensor_file **sound, char *why, size_t why_size);

#endif
