/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/call.h"

#define USAGE_SHORT 100 /* a usage that stands in a hint */

#include "cli/shell/names.h"
#include "cli/shell/usage.h"
#include "cli/shell/words.h"
#include "core/base/suggest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the values of a parameter stand in `values`. */
struct slot {
    size_t first, count;
};

struct syn_call {
    const struct syn_command *command;
    struct syn_words positional, values;
    struct slot args[SYN_ARGS_MAX], options[SYN_OPTIONS_MAX];
};

/* While words are taken apart. */
struct parse {
    struct syn_call *call;
    const char *const *words;
    size_t count, at;
    const char *device;
    struct syn_error *error;
};

static int usage_error(const struct parse *parse)
{
    char usage[400], name[64];
    if (!parse->error || parse->error->hint[0])
        return SYN_EINVAL;
    if (strlen(syn_usage(parse->call->command, usage, sizeof usage)) < USAGE_SHORT)
        syn_error_hint(parse->error, "usage: %s", usage);
    else
        syn_error_hint(parse->error, "help %s says how it is used",
                       syn_command_name(parse->call->command, name, sizeof name));
    return SYN_EINVAL;
}

static int out_of_memory(const struct parse *parse)
{
    return syn_error_set(parse->error, SYN_ENOMEM, "out of memory");
}

static size_t length_of(const struct syn_param *params)
{
    size_t count = 0;
    while (params[count].name)
        count++;
    return count;
}

static size_t forced_arg(const struct syn_command *command)
{
    size_t i = 0;
    while (command->args[i].name && command->args[i].kind != SYN_VALUE_DEVICE)
        i++;
    return i;
}

/* Does the next positional word belong to an argument that takes the rest of the line? */
static bool at_rest(const struct parse *parse)
{
    const struct syn_command *command = parse->call->command;
    size_t index = parse->call->positional.count;
    if (parse->device && index >= forced_arg(command))
        index++;
    size_t count = length_of(command->args);
    if (count == 0)
        return false;
    if (index >= count)
        index = count - 1;
    return (command->args[index].flags & SYN_REST) != 0;
}

/* An option by its name or a beginning that fits one only; -1 with words. */
static int option_find(const struct parse *parse, const char *word, size_t size)
{
    const struct syn_param *options = parse->call->command->options;
    int found = -1;
    unsigned fits = 0;
    for (int i = 0; options[i].name; i++) {
        if (strncmp(options[i].name, word, size) != 0)
            continue;
        if (options[i].name[size] == '\0')
            return i;
        found = i;
        fits++;
    }
    if (fits == 1 && size > 2)
        return found;
    struct syn_suggest near = {.word = word};
    for (int i = 0; options[i].name; i++)
        syn_suggest_offer(&near, options[i].name);
    syn_error_set(parse->error, SYN_EINVAL,
                  fits > 1 ? "option %.*s is ambiguous" : "no option %.*s", (int)size, word);
    if (near.best)
        syn_error_hint(parse->error, "did you mean %s?", near.best);
    return usage_error(parse);
}

static int option_store(const struct parse *parse, size_t index, const char *value)
{
    struct slot *slot = &parse->call->options[index];
    const struct syn_param *param = &parse->call->command->options[index];
    if (slot->count)
        return syn_error_set(parse->error, SYN_EINVAL, "%s is given twice", param->name);
    if (param->value && syn_param_check(param, value, parse->error) < 0)
        return usage_error(parse);
    slot->first = parse->call->values.count;
    slot->count = 1;
    return syn_words_add(&parse->call->values, value) < 0 ? out_of_memory(parse) : 0;
}

static int take_option(struct parse *parse)
{
    const char *word = parse->words[parse->at++];
    const char *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) : strlen(word);
    int index = option_find(parse, word, size);
    if (index < 0)
        return index;
    const struct syn_param *param = &parse->call->command->options[index];
    if (!param->value) {
        if (equals) {
            syn_error_set(parse->error, SYN_EINVAL, "%s takes no value", param->name);
            return usage_error(parse);
        }
        return option_store(parse, (size_t)index, "");
    }
    if (equals)
        return option_store(parse, (size_t)index, equals + 1);
    if (parse->at == parse->count) {
        syn_error_set(parse->error, SYN_EINVAL, "%s needs a value (%s)", param->name, param->value);
        return usage_error(parse);
    }
    return option_store(parse, (size_t)index, parse->words[parse->at++]);
}

static int split(struct parse *parse)
{
    bool options_end = false;
    while (parse->at < parse->count) {
        const char *word = parse->words[parse->at];
        bool rest = options_end || at_rest(parse);
        if (!rest && strcmp(word, "--") == 0) {
            options_end = true;
            parse->at++;
        } else if (!rest && strncmp(word, "--", 2) == 0) {
            int status = take_option(parse);
            if (status < 0)
                return status;
        } else {
            if (syn_words_add(&parse->call->positional, word) < 0)
                return out_of_memory(parse);
            parse->at++;
        }
    }
    return 0;
}

static int store_arg(const struct parse *parse, size_t index, const char *value)
{
    struct slot *slot = &parse->call->args[index];
    if (syn_param_check(&parse->call->command->args[index], value, parse->error) < 0)
        return usage_error(parse);
    if (slot->count++ == 0)
        slot->first = parse->call->values.count;
    return syn_words_add(&parse->call->values, value) < 0 ? out_of_memory(parse) : 0;
}

/* Gives argument `index` its words out of the positional ones from *next on. */
static int fill_arg(const struct parse *parse, size_t index, size_t *next)
{
    const struct syn_param *param = &parse->call->command->args[index];
    const struct syn_words *words = &parse->call->positional;
    if (parse->device && index == forced_arg(parse->call->command))
        return store_arg(parse, index, parse->device);
    if (*next == words->count && !(param->flags & SYN_OPTIONAL)) {
        syn_error_set(parse->error, SYN_EINVAL, "%s is missing", param->name);
        return usage_error(parse);
    }
    int status = 0;
    bool many = (param->flags & (SYN_MANY | SYN_REST)) != 0;
    for (size_t taken = 0; status == 0 && *next < words->count && (many || taken == 0); taken++)
        status = store_arg(parse, index, words->items[(*next)++]);
    return status;
}

static int refuse_word(const struct parse *parse, size_t count, size_t next)
{
    syn_error_set(parse->error, SYN_EINVAL, "'%s' is one word too many",
                  parse->call->positional.items[next]);
    if (count == 0 || parse->call->command->args[count - 1].kind != SYN_VALUE_URI)
        return usage_error(parse);
    char uri[160] = "";
    for (size_t i = next - 1, n = 0; i < parse->call->positional.count && n < sizeof uri; i++)
        n += (size_t)snprintf(uri + n, sizeof uri - n, "%s%s", i < next ? "" : " ",
                              parse->call->positional.items[i]);
    syn_error_hint(parse->error, "a URI with blanks is quoted: '%s'", uri);
    return SYN_EINVAL;
}

static int fill(const struct parse *parse)
{
    size_t next = 0, count = 0;
    for (; parse->call->command->args[count].name; count++) {
        int status = fill_arg(parse, count, &next);
        if (status < 0)
            return status;
    }
    return next == parse->call->positional.count ? 0 : refuse_word(parse, count, next);
}

int syn_call_parse(struct syn_call **call, const struct syn_command *command,
                   const char *const *words, size_t count, const char *device,
                   struct syn_error *error)
{
    struct parse parse = {.words = words, .count = count, .device = device, .error = error};
    parse.call = *call = calloc(1, sizeof **call);
    if (!*call)
        return out_of_memory(&parse);
    parse.call->command = command;
    int status = 0;
    if (device && !command->args[forced_arg(command)].name) {
        char name[64];
        status = syn_error_set(error, SYN_EINVAL, "'%s' is not about one device",
                               syn_command_name(command, name, sizeof name));
    }
    if (status == 0)
        status = split(&parse);
    if (status == 0)
        status = fill(&parse);
    if (status < 0) {
        syn_call_free(*call);
        *call = NULL;
    }
    return status;
}

void syn_call_free(struct syn_call *call)
{
    if (!call)
        return;
    syn_words_clear(&call->positional);
    syn_words_clear(&call->values);
    free(call);
}

/* One value, which may be a list; *value is replaced by a text of its own. */
static int resolve_value(const struct syn_param *param, const struct syn_words *names, char **value)
{
    char text[1024] = "";
    size_t used = 0;
    for (const char *at = *value; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char one[128];
        size_t size = (param->flags & SYN_LIST) ? strcspn(at, ",") : strlen(at);
        (void)snprintf(one, sizeof one, "%.*s", (int)size, at);
        const char *name = syn_names_complete(names, one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "," : "",
                                 name ? name : one);
        if (size >= sizeof one || used >= sizeof text)
            return 0; /* no name is that long: the handler says so */
        if (!(param->flags & SYN_LIST))
            break;
    }
    char *copy = strdup(text);
    if (!copy)
        return SYN_ENOMEM;
    free(*value);
    *value = copy;
    return 0;
}

static bool is_choice(const struct syn_param *param, const char *value)
{
    for (size_t i = 0; param->choices && param->choices[i]; i++)
        if (strcmp(param->choices[i], value) == 0)
            return true;
    return false;
}

static int resolve_slot(struct syn_call *call, struct syn_console *console,
                        const struct syn_param *param, const struct slot *slot)
{
    struct syn_words names = {0};
    int status = 0;
    if (slot->count == 0 || param->kind < SYN_VALUE_DEVICE || param->kind > SYN_VALUE_APP)
        return 0;
    syn_names_list(console, param->kind, &names);
    for (size_t i = slot->first; status == 0 && i < slot->first + slot->count; i++)
        if (!is_choice(param, call->values.items[i]))
            status = resolve_value(param, &names, &call->values.items[i]);
    syn_words_clear(&names);
    return status;
}

int syn_call_resolve(struct syn_call *call, struct syn_console *console)
{
    int status = 0;
    for (size_t i = 0; status == 0 && call->command->args[i].name; i++)
        status = resolve_slot(call, console, &call->command->args[i], &call->args[i]);
    for (size_t i = 0; status == 0 && call->command->options[i].name; i++)
        status = resolve_slot(call, console, &call->command->options[i], &call->options[i]);
    return status;
}

static const struct slot *slot_of(const struct syn_call *call, const char *name,
                                  const struct syn_param **param)
{
    static const struct slot none = {0};
    bool option = name[0] == '-';
    const struct syn_param *params = option ? call->command->options : call->command->args;
    for (size_t i = 0; params[i].name; i++)
        if (strcmp(params[i].name, name) == 0) {
            *param = &params[i];
            return option ? &call->options[i] : &call->args[i];
        }
    assert(false && "the command's table has no such name");
    *param = NULL;
    return &none;
}

bool syn_call_has(const struct syn_call *call, const char *name)
{
    return syn_call_count(call, name) > 0;
}

bool syn_call_flag(const struct syn_call *call, const char *name)
{
    return syn_call_has(call, name);
}

const char *syn_call_noun(const struct syn_call *call)
{
    return call->command->noun;
}

const char *syn_call_text(const struct syn_call *call, const char *name)
{
    const struct syn_param *param = NULL;
    const struct slot *slot = slot_of(call, name, &param);
    if (slot->count)
        return call->values.items[slot->first];
    return param ? param->standard : NULL;
}

double syn_call_number(const struct syn_call *call, const char *name, double otherwise)
{
    const char *text = syn_call_text(call, name);
    double number = otherwise;
    if (text)
        (void)syn_seconds_parse(text, &number);
    return number;
}

int64_t syn_call_integer(const struct syn_call *call, const char *name, int64_t otherwise)
{
    const char *text = syn_call_text(call, name);
    return text ? syn_integer_parse(text) : otherwise;
}

int syn_call_choice(const struct syn_call *call, const char *name)
{
    const struct syn_param *param = NULL;
    (void)slot_of(call, name, &param);
    const char *text = syn_call_text(call, name);
    for (int i = 0; text && param->choices[i]; i++)
        if (strcmp(param->choices[i], text) == 0)
            return i;
    return -1;
}

size_t syn_call_count(const struct syn_call *call, const char *name)
{
    const struct syn_param *param = NULL;
    return slot_of(call, name, &param)->count;
}

const char *syn_call_at(const struct syn_call *call, const char *name, size_t index)
{
    const struct syn_param *param = NULL;
    const struct slot *slot = slot_of(call, name, &param);
    return index < slot->count ? call->values.items[slot->first + index] : NULL;
}

bool syn_call_list(const struct syn_call *call, const char *name, size_t index, char *text,
                   size_t size)
{
    const char *at = syn_call_text(call, name);
    while (at && index-- > 0) {
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    if (!at || *at == '\0')
        return false;
    size_t length = strcspn(at, ",");
    if (length >= size)
        length = size - 1;
    memcpy(text, at, length);
    text[length] = '\0';
    return true;
}
