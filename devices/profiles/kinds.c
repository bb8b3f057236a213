/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/suggest.h"
#include "devices/profiles/profile.h"

#include <stdlib.h>
#include <string.h>

static bool has_kind(const char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], unsigned count,
                     const char *kind)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

bool syn_profile_has_sensor(const struct syn_profile *profile, const char *kind)
{
    return has_kind(profile->sensors, profile->sensor_count, kind);
}

bool syn_profile_has_actuator(const struct syn_profile *profile, const char *kind)
{
    return has_kind(profile->actuators, profile->actuator_count, kind);
}

static bool kind_ok(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    return length > 0 && length < SYN_KIND_MAX && strspn(text, allowed) >= length;
}

int syn_kinds_parse(char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], const char *text)
{
    int count = 0;
    if (!*text)
        return 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (count == SYN_KINDS_MAX || !kind_ok(text, length))
            return SYN_EINVAL;
        memcpy(kinds[count], text, length);
        kinds[count++][length] = '\0';
        if (!text[length])
            return count;
        text += length + 1;
    }
}

static const char *const units[] = {"sensor", "cpu", "accel", "radio"};

_Static_assert(sizeof units / sizeof *units == SYN_UNIT_COUNT, "a name for every unit");

static int find_unit(const char *name)
{
    for (int u = 0; u < SYN_UNIT_COUNT; u++)
        if (strcmp(units[u], name) == 0)
            return u;
    return -1;
}

static int unknown_unit(const char *name, struct syn_error *error)
{
    const char *near = syn_suggest(name, units, SYN_UNIT_COUNT);
    syn_error_set(error, SYN_EINVAL, "\"%s\" is no unit (sensor, cpu, accel, radio)", name);
    if (near)
        syn_error_hint(error, "did you mean \"%s\"?", near);
    return SYN_EINVAL;
}

/* One "unit=factor". */
static int skew_one(struct syn_timing *timing, char *text, struct syn_error *error)
{
    char *value = strchr(text, '='), *end;
    if (!value)
        return syn_error_set(error, SYN_EINVAL, "\"%s\": UNIT=FACTOR is expected, as in accel=0.8",
                             text);
    *value++ = '\0';
    int unit = find_unit(text);
    if (unit < 0)
        return unknown_unit(text, error);
    double factor = strtod(value, &end);
    if (end == value || *end || !(factor >= 0.1 && factor <= 10))
        return syn_error_set(error, SYN_EINVAL, "%s=%s: a factor from 0.1 to 10 is expected", text,
                             value);
    timing->skew_permille[unit] = (uint16_t)(factor * 1000 + 0.5);
    return 0;
}

int syn_profile_skew(struct syn_timing *timing, const char *text, struct syn_error *error)
{
    struct syn_timing skewed = *timing;
    char *copy = strdup(text), *rest = copy, *part;
    int result = copy ? 0 : syn_error_set(error, SYN_ENOMEM, "not enough memory");
    while (result == 0 && (part = strsep(&rest, ",")))
        result = skew_one(&skewed, part, error);
    free(copy);
    if (result == 0)
        *timing = skewed;
    return result;
}
