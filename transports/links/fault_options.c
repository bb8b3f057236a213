/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/fault_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 48 };

#define RATE_MAX    UINT64_C(1000000000)
#define TIME_MAX_NS 600e9

/* ---- values ---- */

static int refuse(struct syn_error *error, const char *key, const char *value, const char *form)
{
    return syn_error_set(error, SYN_EINVAL, "'%s=%s': write %s", key, value, form);
}

static bool read_count(const char *text, uint64_t *to)
{
    char *end;
    errno = 0;
    *to = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0;
}

static bool read_chance(const char *text, void *to)
{
    struct syn_fault_chance *chance = to;
    char *end;
    if (text[0] == '@')
        return read_count(text + 1, &chance->at);
    double p = strtod(text, &end);
    if (end == text || *end || !(p >= 0 && p <= 1))
        return false;
    chance->below = p >= 1 ? UINT64_MAX : (uint64_t)(p * 0x1p64);
    return true;
}

static bool read_time(const char *text, void *to)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double value = strtod(text, &end);
    for (size_t i = 0; end > text && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].name) == 0 && value >= 0 && value * units[i].ns <= TIME_MAX_NS) {
            *(int64_t *)to = (int64_t)(value * units[i].ns);
            return true;
        }
    return false;
}

static bool read_rate(const char *text, void *to)
{
    uint64_t value;
    if (!read_count(text, &value) || value == 0 || value > RATE_MAX)
        return false;
    *(uint64_t *)to = value;
    return true;
}

static bool read_place(const char *text, void *to)
{
    return read_count(text, to);
}

/* Of `split`, beside which stands `split_at`. */
static bool read_split(const char *text, void *to)
{
    uint64_t *split = to;
    return text[0] == '@' ? read_count(text + 1, split + 1) : read_rate(text, split);
}

_Static_assert(offsetof(struct syn_fault_way, split_at) ==
                   offsetof(struct syn_fault_way, split) + sizeof(uint64_t),
               "read_split reaches both");

/* ---- options ---- */

static const struct option {
    const char *key;
    bool (*read)(const char *text, void *to);
    size_t offset; /* in syn_fault_way */
    const char *form;
} options_known[] = {
#define OPTION(key, member, read, form)                                                            \
    {                                                                                              \
        key, read, offsetof(struct syn_fault_way, member), form                                    \
    }
    OPTION("drop", drop, read_chance, "a probability from 0 to 1, or @N for one place"),
    OPTION("corrupt", corrupt, read_chance, "a probability from 0 to 1, or @N for one place"),
    OPTION("dup", dup, read_chance, "a probability from 0 to 1, or @N for one place"),
    OPTION("delay", delay_ns, read_time, "a time such as 20ms, 1.5s or 500us"),
    OPTION("jitter", jitter_ns, read_time, "a time such as 20ms, 1.5s or 500us"),
    OPTION("split", split, read_split, "bytes of a piece (1 or more), or @N for one place"),
    OPTION("rate", rate, read_rate, "bytes per second, 1 to 1000000000"),
    OPTION("cut", cut_at, read_place, "a number of bytes"),
    OPTION("silent", silence_at, read_place, "a number of bytes"),
};

static int refuse_key(const char *key, struct syn_error *error)
{
    char all[160] = "seed";
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++) {
        size_t n = strlen(all);
        (void)snprintf(all + n, sizeof all - n, ", %s", options_known[i].key);
    }
    (void)syn_error_set(error, SYN_EINVAL, "fault has no option '%s'", key);
    syn_error_hint(error, "there are %s; tx. or rx. before one is for one direction", all);
    return SYN_EINVAL;
}

static int set_way(struct syn_fault_options *options, const struct option *option, int direction,
                   const char *key, const char *value, struct syn_error *error)
{
    struct syn_fault_way *ways[] = {&options->tx, &options->rx};
    for (int i = 0; i < 2; i++)
        if (direction < 0 || direction == i) {
            if (!option->read(value, (char *)ways[i] + option->offset))
                return refuse(error, key, value, option->form);
        }
    if (strcmp(option->key, "silent") == 0)
        options->tx_silences = options->rx_silences = direction < 0;
    return 0;
}

static int set(struct syn_fault_options *options, const char *key, const char *value,
               struct syn_error *error)
{
    int direction = strncmp(key, "tx.", 3) == 0 ? 0 : strncmp(key, "rx.", 3) == 0 ? 1 : -1;
    const char *bare = direction < 0 ? key : key + 3;
    if (strcmp(key, "seed") == 0)
        return read_count(value, &options->seed) ? 0 : refuse(error, key, value, "a number");
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++)
        if (strcmp(bare, options_known[i].key) == 0)
            return set_way(options, &options_known[i], direction, key, value, error);
    return refuse_key(key, error);
}

/* One "key=value". */
static int parse_one(struct syn_fault_options *options, const char *text, size_t size,
                     struct syn_error *error)
{
    char key[TEXT_SIZE];
    if (size >= sizeof key)
        return syn_error_set(error, SYN_EINVAL, "'%.*s...' is too long for an option of fault",
                             TEXT_SIZE - 1, text);
    memcpy(key, text, size);
    key[size] = 0;
    char *equals = strchr(key, '=');
    if (equals)
        *equals = 0;
    return set(options, key, equals ? equals + 1 : "", error);
}

static void set_defaults(struct syn_fault_options *options)
{
    *options = (struct syn_fault_options){.seed = 1};
    struct syn_fault_way way = {
        .split_at = SYN_FAULT_NEVER, .cut_at = SYN_FAULT_NEVER, .silence_at = SYN_FAULT_NEVER};
    way.drop.at = way.corrupt.at = way.dup.at = SYN_FAULT_NEVER;
    options->tx = options->rx = way;
}

int syn_fault_parse(struct syn_fault_options *options, const char *text, size_t size,
                    struct syn_error *error)
{
    int rc = 0;
    set_defaults(options);
    for (size_t at = 0; at < size && rc == 0;) {
        const char *comma = memchr(text + at, ',', size - at);
        size_t n = comma ? (size_t)(comma - text) - at : size - at;
        rc = parse_one(options, text + at, n, error);
        at += n + 1;
    }
    return rc;
}
