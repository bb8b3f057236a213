/* SPDX-License-Identifier: MIT */
/* The formats that sensor.c reads, one function each; not for others. */
#ifndef SYN_DEVICES_SENSORS_FORMATS_H
#define SYN_DEVICES_SENSORS_FORMATS_H

#include "devices/sensors/sensor.h"

enum syn_sensor_coding {
    SYN_CODING_GRAY,   /* unsigned bytes */
    SYN_CODING_RGB,    /* three unsigned bytes a pixel, interleaved */
    SYN_CODING_SOUND,  /* 16 bit little endian */
    SYN_CODING_SIGNED, /* int8 */
};

struct syn_sensor_file {
    enum syn_sensor_coding coding;
    uint8_t *content; /* of the file; CSV: the numbers, at its start */
    size_t size;
    size_t data;   /* where the samples begin in `content` */
    size_t window; /* samples of a window; 0 = any number (sound) */
    size_t count;  /* windows; of sound: samples */
};

/* Each fills everything after `size`. Returns 0 or SYN_ECORRUPT with words in `why`. */
int syn_sensor_read_idx(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_pnm(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_wav(struct syn_sensor_file *f, char *why, size_t why_size);
int syn_sensor_read_csv(struct syn_sensor_file *f, char *why, size_t why_size);

#endif
