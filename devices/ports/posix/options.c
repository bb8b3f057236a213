/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STORE_DEFAULT = 8 << 20, /* the chunks of two deployments on a MAX78002 */
    STORE_MIN = 64 << 10,
    STORE_MAX = 1 << 30,
    SPEED_MAX = 1000,
    BAUD_DEFAULT = 1000000,
    BAUD_MIN = 1200,
    BAUD_MAX = 12000000,
};

/* How an option takes its value. */
enum kind { TEXT, FLAG, COUNT, SPEED, PERCENT, SIZE, SENSOR, TERMINAL, PAIR, RATES };

static const struct option {
    const char *name;
    char letter;
    enum kind kind;
    size_t offset; /* of the member; SENSOR, PAIR and TERMINAL know theirs */
    const char *value;
    const char *help;
} options_table[] = {
#define AT(member) offsetof(struct syn_options, member)
    {"profile", 0, TEXT, AT(profile), "NAME|FILE", "the board (default max78000-feather)"},
    {"wear", 0, TEXT, AT(wear), "KIND",
     "what it is worn as: earbud, glasses, ring, watch, or a file"},
    {"id", 0, TEXT, AT(id), "ID", "stable device id (default: made from what it listens on)"},
    {"speed", 0, SPEED, AT(speed_permille), "S",
     "virtual time runs at S times real time (default 1)"},
    {"skew", 0, TEXT, AT(skew), "UNIT=F,...",
     "units run at F times the profile's speed: accel=0.8"},
    {"battery", 0, PERCENT, AT(battery_percent), "PERCENT",
     "what is left of its battery, as it says (default: it says nothing)"},
    {"unix", 0, TEXT, AT(unix_path), "PATH", "listen for hosts on a unix socket"},
    {"pty", 0, TERMINAL, 0, "[LINK]", "make a pseudo-terminal; LINK points to it"},
    {"baud", 0, RATES, AT(line), "N,N...",
     "the terminal is a line that begins at the first rate and has the others"},
    {"ble", 0, TEXT, AT(ble), "SOCKET[,address=A][,name=N]",
     "be a Bluetooth wearable by the controller (HCI, H4) at a unix socket"},
    {"radio", 0, TEXT, AT(radio), "PATH", "socket for the other wearables"},
    {"pair", 0, PAIR, 0, "PATH[@BAUD]",
     "a wire to another device, by a socket that both name (repeatable: uart:2, uart:3, ..)"},
    {"files", 0, TEXT, AT(files), "FOLDER", "the device's files, for hosts to read and write"},
    {"sensor", 0, SENSOR, 0, "KIND=FILE", "feed a sensor from a file (repeatable)"},
    {"store", 0, SIZE, AT(store_bytes), "BYTES",
     "chunk store; K and M are understood (default 8M)"},
    {"verbose", 'v', COUNT, AT(verbose), NULL, "say on standard error what happens"},
    {"version", 0, FLAG, AT(version), NULL, "print the version"},
    {"help", 'h', FLAG, AT(help), NULL, "print this help"},
#undef AT
};

#define OPTIONS (sizeof options_table / sizeof options_table[0])

/* ---- values ---- */

static int read_speed(uint32_t *permille, const char *text, struct syn_error *error)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= 0.001) || v > SPEED_MAX)
        return syn_error_set(error, SYN_EINVAL, "--speed %s: a number from 0.001 to %d", text,
                             SPEED_MAX);
    *permille = (uint32_t)(v * 1000 + 0.5);
    return 0;
}

static int read_percent(uint8_t *percent, const char *text, struct syn_error *error)
{
    char *end;
    long v = strtol(text, &end, 10);
    if (end == text || *end || v < 1 || v > 100)
        return syn_error_set(error, SYN_EINVAL, "--battery %s: a whole number from 1 to 100", text);
    *percent = (uint8_t)v;
    return 0;
}

static int read_size(size_t *size, const char *text, struct syn_error *error)
{
    char *end;
    errno = 0;
    unsigned long v = text[0] == '-' ? 0 : strtoul(text, &end, 10);
    unsigned long unit = 1;
    if (v > 0 && (*end == 'K' || *end == 'M'))
        unit = *end++ == 'K' ? 1UL << 10 : 1UL << 20;
    if (v == 0 || *end || errno || v > STORE_MAX / unit || v * unit < STORE_MIN)
        return syn_error_set(error, SYN_EINVAL, "--store %s: bytes from 64K to 1024M", text);
    *size = v * unit;
    return 0;
}

static int read_sensor(struct syn_options *options, const char *text, struct syn_error *error)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return syn_error_set(error, SYN_EINVAL, "--sensor %s: KIND=FILE is needed", text);
    if (options->sensor_count == SYN_OPTIONS_SENSORS)
        return syn_error_set(error, SYN_EINVAL, "more than %d sensors", SYN_OPTIONS_SENSORS);
    unsigned i = options->sensor_count++;
    options->sensors[i].text = text;
    options->sensors[i].kind_size = (size_t)(equals - text);
    options->sensors[i].path = equals + 1;
    return 0;
}

static int read_pair(struct syn_options *options, const char *text, struct syn_error *error)
{
    const char *at = strrchr(text, '@');
    const size_t size = at ? (size_t)(at - text) : strlen(text);
    char *end = NULL;
    const unsigned long baud = at ? strtoul(at + 1, &end, 10) : BAUD_DEFAULT;
    if (size == 0 || size >= SYN_OPTIONS_PATH || (at && (end == at + 1 || *end)) ||
        baud < BAUD_MIN || baud > BAUD_MAX)
        return syn_error_set(error, SYN_EINVAL, "--pair %s: PATH, or PATH@BAUD of %d to %d", text,
                             BAUD_MIN, BAUD_MAX);
    if (options->pair_count == SYN_PAIRS_MAX)
        return syn_error_set(error, SYN_EINVAL, "more than %d wires", SYN_PAIRS_MAX);
    const unsigned i = options->pair_count++;
    memcpy(options->pair_paths[i], text, size);
    options->pair_paths[i][size] = 0;
    options->pairs[i] =
        (struct syn_pair_config){.path = options->pair_paths[i], .baud = (uint32_t)baud};
    return 0;
}

static int take(struct syn_options *options, const struct option *o, const char *value,
                struct syn_error *error)
{
    void *member = (char *)options + o->offset;
    switch (o->kind) {
    case TEXT:
        *(const char **)member = value;
        return 0;
    case FLAG:
        *(bool *)member = true;
        return 0;
    case COUNT:
        ++*(unsigned *)member;
        return 0;
    case SPEED:
        return read_speed(member, value, error);
    case PERCENT:
        return read_percent(member, value, error);
    case SIZE:
        return read_size(member, value, error);
    case SENSOR:
        return read_sensor(options, value, error);
    case PAIR:
        return read_pair(options, value, error);
    case TERMINAL:
        options->terminal = true;
        options->terminal_link = value;
        return 0;
    case RATES:
        return syn_line_read(member, value) == 0
                   ? 0
                   : syn_error_set(error, SYN_EINVAL,
                                   "--baud %s: rates from the least up, as 115200,921600", value);
    }
    return SYN_EINVAL;
}

/* ---- arguments ---- */

static const struct option *find(const char *name, size_t size)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(options_table[i].name) == size && memcmp(options_table[i].name, name, size) == 0)
            return &options_table[i];
    return NULL;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (letter && options_table[i].letter == letter)
            return &options_table[i];
    return NULL;
}

static bool takes_value(const struct option *o)
{
    return o->kind != FLAG && o->kind != COUNT;
}

/* The value of option `o`: behind the `=`, or the next argument. Returns false when one is missing
 * or too much. */
static bool value_of(const struct option *o, const char *equals, char **argv, int *i,
                     const char **value)
{
    *value = equals ? equals + 1 : NULL;
    if (!takes_value(o))
        return !equals;
    const char *next = argv[*i + 1];
    if (!equals && next && (o->kind != TERMINAL || next[0] != '-')) {
        *value = next;
        ++*i;
    }
    return o->kind == TERMINAL || (*value && **value);
}

static int parse_one(struct syn_options *options, char **argv, int *i, struct syn_error *error)
{
    const char *arg = argv[*i], *value;
    const char *equals = strchr(arg, '=');
    const struct option *o = NULL;
    if (strncmp(arg, "--", 2) == 0)
        o = find(arg + 2, equals ? (size_t)(equals - arg) - 2 : strlen(arg + 2));
    else if (arg[0] == '-' && arg[1] && !arg[2])
        o = find_letter(arg[1]);
    if (!o)
        return syn_error_set(error, SYN_EINVAL, "%s is not an option; see --help", arg);
    if (!value_of(o, equals, argv, i, &value))
        return syn_error_set(error, SYN_EINVAL, "--%s %s", o->name,
                             takes_value(o) ? "needs a value" : "takes no value");
    return take(options, o, value, error);
}

int syn_options_parse(struct syn_options *options, int argc, char **argv, struct syn_error *error)
{
    *options = (struct syn_options){
        .profile = "max78000-feather", .speed_permille = 1000, .store_bytes = STORE_DEFAULT};
    for (int i = 1; i < argc; i++) {
        int rc = parse_one(options, argv, &i, error);
        if (rc)
            return rc;
    }
    if (options->help || options->version)
        return 0;
    if (!options->unix_path && !options->terminal && !options->ble)
        return syn_error_set(error, SYN_EINVAL,
                             "nothing to listen on: --unix PATH, --pty or --ble SOCKET");
    if (options->line.rates[0] && (!options->terminal || options->speed_permille != 1000))
        return syn_error_set(error, SYN_EINVAL, "--baud is for --pty in real time");
    return 0;
}

void syn_options_help(char *text, size_t size)
{
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < OPTIONS && at < size; i++) {
        const struct option *o = &options_table[i];
        char left[40], letter[4] = "";
        if (o->letter)
            (void)snprintf(letter, sizeof letter, "-%c,", o->letter);
        (void)snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
        int n = snprintf(text + at, size - at, "  %3s %-20s %s\n", letter, left, o->help);
        at += n > 0 ? (size_t)n : 0;
    }
}
