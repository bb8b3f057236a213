/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/result.h"

#include "cli/output/show.h"
#include "cli/output/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void syn_result_init(struct syn_result *result, int colour, int width)
{
    *result = (struct syn_result){.colour = colour, .width = width};
}

void syn_result_clear(struct syn_result *result)
{
    cJSON_Delete(result->json);
    if (result->stream)
        (void)fclose(result->stream);
    free(result->text);
    syn_result_init(result, result->colour, result->width);
}

cJSON *syn_result_json(struct syn_result *result)
{
    if (!result->json)
        result->json = cJSON_CreateObject();
    return result->json;
}

void syn_result_set_json(struct syn_result *result, cJSON *json)
{
    cJSON_Delete(result->json);
    result->json = json;
}

FILE *syn_result_stream(struct syn_result *result)
{
    if (!result->stream)
        result->stream = open_memstream(&result->text, &result->text_size);
    return result->stream;
}

void syn_result_print(struct syn_result *result, const char *fmt, ...)
{
    FILE *stream = syn_result_stream(result);
    va_list args;
    va_start(args, fmt);
    if (stream)
        (void)vfprintf(stream, fmt, args);
    va_end(args);
}

void syn_result_wrap(struct syn_result *result, size_t indent, const char *text)
{
    const size_t width = result->width > 0 ? (size_t)result->width : SIZE_MAX;
    size_t room = width;
    for (;;) {
        size_t fit = syn_text_width(text) <= room ? strlen(text) : syn_text_fit(text, room),
               i = fit;
        while (text[fit] && i > 0 && text[i] != ' ')
            i--;
        const size_t size = i > 0 ? i : fit;
        syn_result_print(result, "%.*s\n", (int)size, text);
        text += size + strspn(text + size, " ");
        if (!*text)
            return;
        syn_result_print(result, "%*s", (int)indent, "");
        room = width > 2 * indent ? width - indent : width;
    }
}

void syn_result_table(struct syn_result *result, const struct syn_table *table)
{
    FILE *stream = syn_result_stream(result);
    if (stream && syn_table_write(table, stream, result->colour, result->width) < 0)
        (void)fputs("(out of memory: rows are missing)\n", stream);
}

void syn_result_write(struct syn_result *result, int as_json, FILE *out)
{
    if (as_json) {
        syn_show_write(syn_result_json(result), out);
    } else if (result->stream && fflush(result->stream) == 0) {
        (void)fwrite(result->text, 1, result->text_size, out);
        (void)fflush(out);
    }
    syn_result_clear(result);
}
