/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/show.h"

#include "cli/output/text.h"
#include "cli/shell/exitclass.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX 9007199254740992 /* 2^53: beyond, a double cannot tell integers apart */

void syn_show_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        (void)cJSON_AddStringToObject(object, key, text);
    else
        (void)cJSON_AddNullToObject(object, key);
}

void syn_show_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        (void)cJSON_AddNumberToObject(object, key, value);
    else
        (void)cJSON_AddNullToObject(object, key);
}

void syn_show_integer(cJSON *object, const char *key, int64_t value)
{
    char text[32];
    if (value >= -EXACT_MAX && value <= EXACT_MAX) {
        (void)cJSON_AddNumberToObject(object, key, (double)value);
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    (void)cJSON_AddStringToObject(object, key, text);
}

void syn_show_bool(cJSON *object, const char *key, int value)
{
    (void)cJSON_AddBoolToObject(object, key, value != 0);
}

void syn_show_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t size)
{
    char *text = malloc(2 * size + 1);
    if (!text)
        return;
    text[0] = '\0';
    for (size_t i = 0; i < size; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    syn_show_text(object, key, text);
    free(text);
}

static cJSON *adopt(cJSON *parent, const char *key, cJSON *child)
{
    if (!child)
        return NULL;
    int added =
        key ? cJSON_AddItemToObject(parent, key, child) : cJSON_AddItemToArray(parent, child);
    if (added)
        return child;
    cJSON_Delete(child);
    return NULL;
}

cJSON *syn_show_object(cJSON *parent, const char *key)
{
    return adopt(parent, key, cJSON_CreateObject());
}

cJSON *syn_show_array(cJSON *parent, const char *key)
{
    return adopt(parent, key, cJSON_CreateArray());
}

cJSON *syn_show_error(const struct syn_error *error)
{
    cJSON *object = cJSON_CreateObject();
    syn_show_integer(object, "class", syn_exit_class(error->code));
    syn_show_text(object, "code", syn_exit_code_name(error->code));
    syn_show_text(object, "message", error->message);
    syn_show_text(object, "device", error->device[0] ? error->device : NULL);
    syn_show_text(object, "hint", error->hint[0] ? error->hint : NULL);
    if (error->file[0])
        syn_show_text(object, "file", error->file);
    if (error->line > 0)
        syn_show_integer(object, "line", error->line);
    if (error->column > 0)
        syn_show_integer(object, "column", error->column);
    return object;
}

/* cJSON writes strings as they are: broken UTF-8 (of a file name, of a device) is replaced here. */
static void write_utf8(const char *text, FILE *out)
{
    while (*text) {
        size_t size = syn_text_character(text);
        if (size)
            (void)fwrite(text, 1, size, out);
        else
            (void)fputs("\xef\xbf\xbd", out);
        text += size ? size : 1;
    }
}

void syn_show_write(const cJSON *json, FILE *out)
{
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    write_utf8(text ? text : "{\"error\":{\"class\":1,\"code\":\"ENOMEM\"}}", out);
    (void)fputc('\n', out);
    (void)fflush(out);
    cJSON_free(text);
}
