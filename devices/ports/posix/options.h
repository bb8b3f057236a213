/* SPDX-License-Identifier: MIT */
/* Command line of synergy-agent: one table gives parsing and help. */
#ifndef SYN_PORTS_POSIX_OPTIONS_H
#define SYN_PORTS_POSIX_OPTIONS_H

#include "core/base/error.h"
#include "devices/ports/posix/line.h"
#include "devices/ports/posix/pairs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_OPTIONS_SENSORS 8
#define SYN_OPTIONS_PATH    128

/* Texts are those of argv; stays where it is. */
struct syn_options {
    const char *profile; /* name or file */
    const char *wear;    /* kind, or NULL */
    const char *id;      /* or NULL: made from what it listens on */
    const char *skew;    /* or NULL */
    const char *unix_path;
    const char *files; /* folder, or NULL */
    const char *ble;   /* SOCKET[,address=AA:BB:CC:DD:EE:FF][,name=NAME] */
    bool terminal;
    const char *terminal_link; /* or NULL */
    struct syn_line line;      /* of the terminal */
    const char *radio;
    struct syn_pair_config pairs[SYN_PAIRS_MAX]; /* paths are in pair_paths */
    char pair_paths[SYN_PAIRS_MAX][SYN_OPTIONS_PATH];
    unsigned pair_count;
    uint32_t speed_permille;
    uint8_t battery_percent; /* 0: none */
    size_t store_bytes;
    struct {
        const char *text; /* KIND=FILE; the kind has kind_size bytes */
        size_t kind_size;
        const char *path;
    } sensors[SYN_OPTIONS_SENSORS];
    unsigned sensor_count;
    unsigned verbose;
    bool version, help;
};

/* Returns 0 or SYN_EINVAL with the words in `error`. */
int syn_options_parse(struct syn_options *options, int argc, char **argv, struct syn_error *error);

/* Writes the help of all options to `text`, cut to `size`. */
void syn_options_help(char *text, size_t size);

#endif
