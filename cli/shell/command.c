/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/command.h"

#include "core/base/suggest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LIST_MAX 200 /* bytes of the words that an error lists */

int syn_command_each(int (*each)(void *ctx, const struct syn_command *command), void *ctx)
{
    for (size_t t = 0; syn_command_tables[t]; t++)
        for (size_t i = 0; i < syn_command_tables[t]->count; i++) {
            int status = each(ctx, &syn_command_tables[t]->commands[i]);
            if (status != 0)
                return status;
        }
    return 0;
}

const char *syn_command_name(const struct syn_command *command, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s", command->noun, command->verb ? " " : "",
                   command->verb ? command->verb : "");
    return text;
}

/* One step of the search: nouns first, then the verbs of the noun that was found. */
struct search {
    const char *word;
    const char *noun; /* NULL: nouns are searched */
    const char *best; /* what fits so far */
    unsigned fits;
    const struct syn_command *command;
    struct syn_suggest near;
    char list[LIST_MAX];
    const char *listed;
};

static void list_add(struct search *search, const char *name)
{
    size_t used = strlen(search->list);
    (void)snprintf(search->list + used, sizeof search->list - used, "%s%s", used ? ", " : "", name);
}

static const char *key_of(const struct search *search, const struct syn_command *command)
{
    return search->noun ? command->verb : command->noun;
}

static bool in_scope(const struct search *search, const struct syn_command *command)
{
    if (!search->noun)
        return true;
    return command->verb && strcmp(command->noun, search->noun) == 0;
}

/* Verbs of a noun stand together, and so do the commands of a noun: a name comes once. */
static int look_at(void *ctx, const struct syn_command *command)
{
    struct search *search = ctx;
    const char *key = in_scope(search, command) ? key_of(search, command) : NULL;
    if (!key || (search->listed && strcmp(key, search->listed) == 0))
        return 0;
    search->listed = key;
    syn_suggest_offer(&search->near, key);
    if (strcmp(key, search->word) == 0) {
        search->best = key;
        search->command = command;
        search->fits = 1;
        return 1;
    }
    if (strncmp(key, search->word, strlen(search->word)) != 0)
        return 0;
    list_add(search, key);
    search->fits++;
    search->best = key;
    search->command = command;
    return 0;
}

static int list_key(void *ctx, const struct syn_command *command)
{
    struct search *search = ctx;
    const char *key = in_scope(search, command) ? key_of(search, command) : NULL;
    if (key)
        list_add(search, key);
    return 0;
}

static int refuse(struct search *search, struct syn_error *error)
{
    const char *noun = search->noun ? search->noun : "";
    const char *blank = search->noun ? " " : "";
    if (search->fits > 1)
        return syn_error_set(error, SYN_EINVAL, "'%s%s%s' is ambiguous: %s", noun, blank,
                             search->word, search->list);
    if (search->noun) {
        syn_error_set(error, SYN_EINVAL, "%s has no verb '%s'", noun, search->word);
        search->list[0] = '\0';
        (void)syn_command_each(list_key, search);
        if (search->near.best)
            syn_error_hint(error, "did you mean '%s %s'? %s knows %s", noun, search->near.best,
                           noun, search->list);
        else
            syn_error_hint(error, "%s knows %s", noun, search->list);
        return SYN_EINVAL;
    }
    syn_error_set(error, SYN_EINVAL, "no such command: '%s'", search->word);
    if (search->near.best)
        syn_error_hint(error, "did you mean '%s'? 'help' lists the commands", search->near.best);
    else
        syn_error_hint(error, "'help' lists the commands");
    return SYN_EINVAL;
}

static int find_word(struct search *search, const char *noun, const char *word,
                     struct syn_error *error)
{
    *search = (struct search){.word = word, .noun = noun, .near = {.word = word}};
    (void)syn_command_each(look_at, search);
    return search->fits == 1 && word[0] != '\0' ? 0 : refuse(search, error);
}

const char *syn_command_noun(const char *word)
{
    struct search search;
    return find_word(&search, NULL, word, NULL) < 0 ? NULL : search.best;
}

static int find_verbless(void *ctx, const struct syn_command *command)
{
    struct search *search = ctx;
    if (command->verb || strcmp(command->noun, search->noun) != 0)
        return 0;
    search->command = command;
    return 1;
}

static int has_verbs(void *ctx, const struct syn_command *command)
{
    const struct search *search = ctx;
    return command->verb && strcmp(command->noun, search->noun) == 0;
}

static int verb_is_missing(struct search *search, struct syn_error *error)
{
    syn_error_set(error, SYN_EINVAL, "%s needs a verb", search->noun);
    (void)syn_command_each(list_key, search);
    syn_error_hint(error, "%s knows %s", search->noun, search->list);
    return SYN_EINVAL;
}

int syn_command_find(const char *const *words, size_t count, const struct syn_command **command,
                     struct syn_error *error)
{
    struct search search;
    *command = NULL;
    if (count == 0)
        return syn_error_set(error, SYN_EINVAL, "a command is missing");
    int status = find_word(&search, NULL, words[0], error);
    if (status < 0)
        return status;
    const char *noun = search.best;
    struct search plain = {.noun = noun};
    (void)syn_command_each(find_verbless, &plain);
    bool verbs = syn_command_each(has_verbs, &plain) != 0;
    if (verbs && count < 2 && !plain.command)
        return verb_is_missing(&plain, error);
    if (!verbs || count < 2) {
        *command = plain.command;
        return 1;
    }
    status = find_word(&search, noun, words[1], plain.command ? NULL : error);
    *command = status < 0 ? plain.command : search.command;
    if (*command)
        return status < 0 ? 1 : 2;
    return status;
}

bool syn_command_begins(size_t index)
{
    const struct syn_command_table *const *tables = syn_command_tables;
    return index == 0 || strcmp(tables[index]->title, tables[index - 1]->title) != 0;
}
