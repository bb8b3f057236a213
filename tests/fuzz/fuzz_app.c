/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text is an app or an error; an app prints to text that reads back the same. */
#include "core/app/app.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct syn_app app, again;
    struct syn_error error = {0};
    if (syn_app_parse(&app, (const char *)data, size, "fuzz", &error) < 0) {
        if (error.code == 0 || !error.message[0])
            abort();
        return 0;
    }
    char *text = syn_app_print(&app);
    if (!text || syn_app_parse(&again, text, strlen(text), "again", &error) < 0 ||
        memcmp(&app, &again, sizeof app) != 0)
        abort();
    free(text);
    return 0;
}
