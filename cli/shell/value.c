/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The check of one value against its parameter. */
#include "cli/shell/call.h"
#include "core/base/suggest.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool number_parse(const char *text, double *number, const char **rest)
{
    char *end = NULL;
    errno = 0;
    *number = strtod(text, &end);
    *rest = end;
    return end != text && errno == 0 && isfinite(*number);
}

bool syn_seconds_parse(const char *text, double *seconds)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1},   {"s", 1},    {"ms", 1e-3}, {"us", 1e-6},
                 {"m", 60}, {"min", 60}, {"h", 3600}};
    const char *rest = NULL;
    if (!number_parse(text, seconds, &rest))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(rest, units[i].unit) == 0) {
            *seconds *= units[i].seconds;
            return true;
        }
    return false;
}

static int check_bounds(const struct syn_param *param, double number, const char *value,
                        struct syn_error *error)
{
    if ((param->min == 0 && param->max == 0) || (number >= param->min && number <= param->max))
        return 0;
    if (param->max >= DBL_MAX)
        return syn_error_set(error, SYN_EINVAL, "%s: %s is less than %.12g", param->name, value,
                             param->min);
    return syn_error_set(error, SYN_EINVAL, "%s: %s is not within %.12g to %.12g", param->name,
                         value, param->min, param->max);
}

static int check_any(const struct syn_param *param, const char *value, struct syn_error *error)
{
    (void)param, (void)value, (void)error;
    return 0;
}

static int check_name(const struct syn_param *param, const char *value, struct syn_error *error)
{
    if (value[0] != '\0')
        return 0;
    return syn_error_set(error, SYN_EINVAL, "%s: the value is empty", param->name);
}

static int check_number(const struct syn_param *param, const char *value, struct syn_error *error)
{
    double number = 0;
    const char *rest = NULL;
    if (!number_parse(value, &number, &rest) || *rest != '\0')
        return syn_error_set(error, SYN_EINVAL, "%s: '%s' is not a number", param->name, value);
    return check_bounds(param, number, value, error);
}

static int base_of(const char *value)
{
    value += value[0] == '-';
    return value[0] == '0' && (value[1] == 'x' || value[1] == 'X') ? 16 : 10;
}

int64_t syn_integer_parse(const char *text)
{
    return strtoll(text, NULL, base_of(text));
}

static int check_integer(const struct syn_param *param, const char *value, struct syn_error *error)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, base_of(value));
    if (end == value || *end != '\0' || errno != 0)
        return syn_error_set(error, SYN_EINVAL, "%s: '%s' is not a whole number", param->name,
                             value);
    return check_bounds(param, (double)number, value, error);
}

static int check_seconds(const struct syn_param *param, const char *value, struct syn_error *error)
{
    double seconds = 0;
    if (!syn_seconds_parse(value, &seconds) || seconds < 0) {
        syn_error_set(error, SYN_EINVAL, "%s: '%s' is not a time", param->name, value);
        syn_error_hint(error, "write 2, 2s, 250ms, 1m or 1h");
        return SYN_EINVAL;
    }
    return check_bounds(param, seconds, value, error);
}

static size_t count_of(const char *const *choices)
{
    size_t count = 0;
    while (choices && choices[count])
        count++;
    return count;
}

static int check_choice(const struct syn_param *param, const char *value, struct syn_error *error)
{
    char list[160] = "";
    for (size_t i = 0; param->choices[i]; i++) {
        if (strcmp(param->choices[i], value) == 0)
            return 0;
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                       param->choices[i]);
    }
    syn_error_set(error, SYN_EINVAL, "%s: '%s' is none of %s", param->name, value, list);
    const char *near = syn_suggest(value, param->choices, count_of(param->choices));
    if (near)
        syn_error_hint(error, "did you mean '%s'?", near);
    return SYN_EINVAL;
}

int syn_param_check(const struct syn_param *param, const char *value, struct syn_error *error)
{
    static int (*const checks[SYN_VALUE_COUNT])(const struct syn_param *, const char *,
                                                struct syn_error *) = {
        [SYN_VALUE_TEXT] = check_any,        [SYN_VALUE_NUMBER] = check_number,
        [SYN_VALUE_INTEGER] = check_integer, [SYN_VALUE_SECONDS] = check_seconds,
        [SYN_VALUE_FILE] = check_name,       [SYN_VALUE_URI] = check_name,
        [SYN_VALUE_CHOICE] = check_choice,   [SYN_VALUE_DEVICE] = check_name,
        [SYN_VALUE_MODEL] = check_name,      [SYN_VALUE_APP] = check_name,
        [SYN_VALUE_PLAN] = check_name,       [SYN_VALUE_COMMAND] = check_any,
    };
    if ((param->flags & SYN_LIST) && param->kind == SYN_VALUE_CHOICE)
        return check_name(param, value, error);
    return checks[param->kind](param, value, error);
}
