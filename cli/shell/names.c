/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/names.h"

#include "cli/console.h"

#include <string.h>
#include <strings.h>

static int add_name(void *ctx, const struct syn_record *record)
{
    return syn_words_add(ctx, record->name);
}

static void registered(struct syn_console *console, enum syn_kind kind, struct syn_words *names)
{
    struct syn_registry *registry = NULL;
    if (!console->registry && !syn_console_has_registry(console))
        return;
    if (syn_console_registry(console, &registry, NULL) == 0)
        (void)syn_registry_each(registry, kind, add_name, names, NULL);
}

void syn_names_list(struct syn_console *console, enum syn_kind_of_value kind,
                    struct syn_words *names)
{
    static const struct {
        enum syn_kind_of_value value;
        enum syn_kind kind;
    } kinds[] = {{SYN_VALUE_DEVICE, SYN_KIND_DEVICE},
                 {SYN_VALUE_MODEL, SYN_KIND_MODEL},
                 {SYN_VALUE_APP, SYN_KIND_APP},
                 {SYN_VALUE_PLAN, SYN_KIND_PLAN}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].value == kind)
            registered(console, kinds[i].kind, names);
    if (kind == SYN_VALUE_DEVICE && console->fleet_names)
        console->fleet_names(console->fleet, names);
    syn_words_sort(names);
}

const char *syn_names_complete(const struct syn_words *names, const char *given)
{
    const char *found = NULL;
    unsigned fits = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (strncasecmp(names->items[i], given, strlen(given)) != 0)
            continue;
        if (names->items[i][strlen(given)] == '\0')
            return NULL;
        found = names->items[i];
        fits++;
    }
    return fits == 1 ? found : NULL;
}
