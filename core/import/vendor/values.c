/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int syn_vendor_integer(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t min,
                       int64_t max, int64_t *number)
{
    if (syn_yaml_number(node, number) && *number >= min && *number <= max)
        return 0;
    return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                          "%s: a whole number of %lld to %lld is expected",
                          syn_vendor_key(r->field), (long long)min, (long long)max);
}

int syn_vendor_boolean(const struct syn_vendor_reader *r, const yaml_node_t *node, bool *value)
{
    if (syn_yaml_bool(node, value))
        return 0;
    return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error, "%s: true or false is expected",
                          syn_vendor_key(r->field));
}

int syn_vendor_byte(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t min,
                    int64_t max, uint8_t *number)
{
    int64_t value;
    int status = syn_vendor_integer(r, node, min, max, &value);
    if (status == 0)
        *number = (uint8_t)value;
    return status;
}

/* One number for both axes, or [height, width]. */
int syn_vendor_pair(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t max,
                    int64_t *height, int64_t *width)
{
    const unsigned count = syn_yaml_count(node);
    if (count != 1 && count != 2)
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "%s: a number or [height, width] is expected",
                              syn_vendor_key(r->field));
    int status = syn_vendor_integer(r, syn_yaml_item(r->yaml, node, 0), 1, max, height);
    return status < 0
               ? status
               : syn_vendor_integer(r, syn_yaml_item(r->yaml, node, count - 1), 1, max, width);
}

/* A pair of bytes; the second only counts where data have two dimensions. */
int syn_vendor_byte_pair(const struct syn_vendor_reader *r, const yaml_node_t *node,
                         uint8_t *height, uint8_t *width)
{
    int64_t h = 1, w = 1;
    int status = syn_vendor_pair(r, node, 16, &h, &w);
    if (status != 0)
        return status;
    *height = (uint8_t)h;
    *width = r->layer->layer.op == SYN_OP_CONV1D ? 1 : (uint8_t)w;
    return 0;
}

int syn_vendor_choose(const struct syn_vendor_reader *r, const yaml_node_t *node,
                      const struct syn_vendor_word *words, size_t count, int *value)
{
    char list[160] = "";
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(list);
        if (syn_yaml_is(node, words[i].word)) {
            *value = words[i].value;
            return 0;
        }
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i].word);
    }
    syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error, "%s: '%.40s' is not known",
                   syn_vendor_key(r->field), syn_yaml_text(node));
    syn_error_hint(r->error, "one of %s", list);
    return SYN_EINVAL;
}

int syn_vendor_refuse(const struct syn_vendor_reader *r, const yaml_node_t *node, const char *what,
                      const char *nearest)
{
    syn_yaml_error(r->yaml, node, SYN_EUNSUP, r->error, "%s", what);
    syn_error_hint(r->error, "%s", nearest);
    return SYN_EUNSUP;
}

static bool hexadecimal(const char *text, uint64_t *map)
{
    char digits[17];
    size_t count = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    for (; *text; text++) {
        if (*text == '.' || *text == '_')
            continue;
        if (count == 0 && *text == '0' && text[1])
            continue; /* so that longer maps with leading zeros are fine */
        if (!strchr("0123456789abcdefABCDEF", *text) || count + 1 == sizeof digits)
            return false;
        digits[count++] = *text;
    }
    digits[count] = '\0';
    *map = strtoull(digits, NULL, 16);
    return count > 0;
}

int syn_vendor_read_map(const struct syn_yaml *yaml, const yaml_node_t *node, uint64_t *map,
                        struct syn_error *error)
{
    int64_t number;
    const char *text = syn_yaml_text(node);
    const bool prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!prefixed && syn_yaml_number(node, &number) && number > 0)
        *map = (uint64_t)number;
    else if (!hexadecimal(text, map))
        *map = 0;
    if (*map)
        return 0;
    return syn_yaml_error(yaml, node, SYN_EINVAL, error,
                          "a map of processors is expected, as 0x000000000000000f");
}
