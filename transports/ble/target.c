/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const syn_ble_type_words[] = {"", "public", "random", NULL};
static const char *const via_words[] = {"", "coc", "gatt", NULL};

int syn_ble_is_address(const char *text)
{
    for (unsigned i = 0; i < SYN_BLE_ADDRESS - 1; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return 0;
    return text[SYN_BLE_ADDRESS - 1] == 0;
}

static int word_of(const char *const *words, const char *text)
{
    for (int i = 1; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static int adapter_of(const char *text)
{
    char *end = NULL;
    long n = strncmp(text, "hci", 3) == 0 && isdigit((unsigned char)text[3])
                 ? strtol(text + 3, &end, 10)
                 : -1;
    return end && *end == 0 && n < 256 ? (int)n : -1;
}

static int set_option(struct syn_ble_target *t, const char *key, const char *value,
                      struct syn_error *error)
{
    int n = -1;
    if (strcmp(key, "type") == 0 && (n = word_of(syn_ble_type_words, value)) >= 0)
        t->type = (enum syn_ble_type)n;
    else if (strcmp(key, "via") == 0 && (n = word_of(via_words, value)) >= 0)
        t->via = (enum syn_ble_via)n;
    else if (strcmp(key, "adapter") == 0 && (n = adapter_of(value)) >= 0)
        t->adapter = n;
    if (n >= 0)
        return 0;
    (void)syn_error_set(error, SYN_EINVAL, "no option '%s=%s'", key, value);
    syn_error_hint(error, "write ble:ADDR?type=public|random&adapter=hciN&via=coc|gatt");
    return SYN_EINVAL;
}

static int set_options(struct syn_ble_target *t, char *text, struct syn_error *error)
{
    int rc = 0;
    while (rc == 0 && text && *text) {
        char *next = strchr(text, '&');
        if (next)
            *next++ = 0;
        char *value = strchr(text, '=');
        if (value)
            *value++ = 0;
        rc = set_option(t, text, value ? value : "", error);
        text = next;
    }
    return rc;
}

int syn_ble_target_parse(struct syn_ble_target *t, const char *text, struct syn_error *error)
{
    char copy[256];
    *t = (struct syn_ble_target){.adapter = -1};
    (void)snprintf(copy, sizeof copy, "%s", text);
    char *options = strchr(copy, '?');
    if (options)
        *options++ = 0;
    if (copy[0] == 0 || strlen(copy) >= sizeof t->name || strlen(text) >= sizeof copy)
        return syn_error_set(error, SYN_EINVAL, "write ble:ADDR or ble:NAME, at most %d bytes",
                             SYN_BLE_NAME - 1);
    if (syn_ble_is_address(copy))
        for (unsigned i = 0; i < SYN_BLE_ADDRESS; i++)
            t->address[i] = (char)toupper((unsigned char)copy[i]);
    else
        (void)snprintf(t->name, sizeof t->name, "%s", copy);
    return set_options(t, options, error);
}

const char *syn_ble_target_uri(const struct syn_ble_target *t, const char *address,
                               enum syn_ble_type type, char *uri, unsigned size)
{
    int n = snprintf(uri, size, "ble:%s", address);
    const char *between = "?";
    if (type != SYN_BLE_ANY) {
        n += snprintf(uri + n, size - (unsigned)n, "%stype=%s", between, syn_ble_type_words[type]);
        between = "&";
    }
    if (t->adapter >= 0) {
        n += snprintf(uri + n, size - (unsigned)n, "%sadapter=hci%d", between, t->adapter);
        between = "&";
    }
    if (t->via != SYN_BLE_VIA_BEST)
        (void)snprintf(uri + n, size - (unsigned)n, "%svia=%s", between, via_words[t->via]);
    return uri;
}
