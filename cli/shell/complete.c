/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/complete.h"

#include "cli/shell/command.h"
#include "cli/shell/lexer.h"
#include "cli/shell/names.h"

#include <stdio.h>
#include <string.h>

/* Words before the one that is completed, and where the offers go. */
struct completion {
    struct syn_console *console;
    const char *const *words;
    size_t count;
    const char *text;
    struct syn_words *found;
    bool files;
    const char *noun; /* while its verbs are offered */
};

static void offer(struct completion *c, const char *prefix, size_t prefix_size, const char *word)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%.*s%s", (int)prefix_size, prefix, word);
    if (strncmp(text, c->text, strlen(c->text)) == 0)
        (void)syn_words_add(c->found, text);
}

static int offer_noun(void *ctx, const struct syn_command *command)
{
    offer(ctx, "", 0, command->noun);
    return 0;
}

static int offer_verb(void *ctx, const struct syn_command *command)
{
    struct completion *c = ctx;
    if (command->verb && strcmp(command->noun, c->noun) == 0)
        offer(c, "", 0, command->verb);
    return 0;
}

/* Everything that a value may be. */
static void candidates(struct completion *c, const struct syn_param *param, struct syn_words *all)
{
    syn_names_list(c->console, param->kind, all);
    for (size_t i = 0; param->choices && param->choices[i]; i++)
        (void)syn_words_add(all, param->choices[i]);
    if (param->complete)
        param->complete(c->console, all);
}

/* `prefix`: what stands in front of the value inside the same word ("--for=", "earbud,"). */
static void offer_values(struct completion *c, const struct syn_param *param, size_t prefix)
{
    struct syn_words all = {0};
    const char *comma = (param->flags & SYN_LIST) ? strrchr(c->text, ',') : NULL;
    if (comma)
        prefix = (size_t)(comma - c->text) + 1;
    candidates(c, param, &all);
    for (size_t i = 0; i < all.count; i++)
        offer(c, c->text, prefix, all.items[i]);
    syn_words_clear(&all);
    if (param->kind == SYN_VALUE_FILE && prefix == 0)
        c->files = true;
}

static bool is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != '\0';
}

static const struct syn_param *option_of(const struct syn_command *command, const char *word,
                                         size_t size)
{
    for (const struct syn_param *p = command->options; p->name; p++)
        if (strncmp(p->name, word, size) == 0 && p->name[size] == '\0')
            return p;
    return NULL;
}

static bool was_given(const struct completion *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->words[i], name) == 0)
            return true;
    return false;
}

static void offer_options(struct completion *c, const struct syn_command *command)
{
    const char *equals = strchr(c->text, '=');
    if (equals) {
        const struct syn_param *p = option_of(command, c->text, (size_t)(equals - c->text));
        if (p && p->value)
            offer_values(c, p, (size_t)(equals - c->text) + 1);
        return;
    }
    for (const struct syn_param *p = command->options; p->name; p++)
        if (!was_given(c, p->name))
            offer(c, "", 0, p->name);
    offer(c, "", 0, "--help");
}

static void complete_words(struct completion *c);

static void offer_argument(struct completion *c, const struct syn_command *command, size_t first,
                           size_t index)
{
    const struct syn_param *arg = command->args;
    while (index > 0 && arg->name && !(arg->flags & (SYN_MANY | SYN_REST))) {
        arg++;
        index--;
    }
    if (arg->name && arg->kind == SYN_VALUE_COMMAND) {
        c->words += first;
        c->count -= first;
        complete_words(c);
    } else if (arg->name) {
        offer_values(c, arg, 0);
    }
}

/* Behind the words that name a command: skips what is complete, then offers what may come now. */
static void complete_arguments(struct completion *c, const struct syn_command *command,
                               size_t named)
{
    size_t index = 0, first = named;
    for (size_t i = named; i < c->count; i++) {
        const struct syn_param *p =
            is_option(c->words[i]) ? option_of(command, c->words[i], strlen(c->words[i])) : NULL;
        if (p && p->value && ++i == c->count) {
            offer_values(c, p, 0);
            return;
        }
        bool rest = index < SYN_ARGS_MAX && (command->args[index].flags & SYN_REST);
        if (!is_option(c->words[i]) && !p && !rest) {
            index++;
            first = i + 1;
        }
    }
    if (strncmp(c->text, "--", 2) == 0)
        offer_options(c, command);
    else
        offer_argument(c, command, first, index);
}

static void complete_words(struct completion *c)
{
    const struct syn_command *command = NULL;
    if (c->count == 0) {
        (void)syn_command_each(offer_noun, c);
        return;
    }
    int named = syn_command_find(c->words, c->count, &command, NULL);
    if (c->count == 1) {
        c->noun = syn_command_noun(c->words[0]);
        if (c->noun)
            (void)syn_command_each(offer_verb, c);
    }
    if (named > 0)
        complete_arguments(c, command, (size_t)named);
}

bool syn_complete(struct syn_console *console, const char *line, size_t size, const char *text,
                  struct syn_words *found)
{
    struct syn_lexer lexer;
    struct syn_words words = {0}, next = {0};
    int number = 0;
    syn_lexer_init(&lexer, line, size);
    bool closed = true; /* the line ends with ';': a new command begins */
    int more = 0;
    while ((more = syn_lexer_next(&lexer, &next, &number, NULL)) > 0) {
        syn_words_clear(&words);
        words = next;
        next = (struct syn_words){0};
        closed = lexer.at > line && lexer.at[-1] == ';';
    }
    if (closed)
        syn_words_clear(&words);
    struct completion c = {.console = console,
                           .words = (const char *const *)words.items,
                           .count = words.count,
                           .text = text,
                           .found = found};
    if (more == 0) /* an open quote is completed by nothing */
        complete_words(&c);
    syn_words_clear(&words);
    syn_words_clear(&next);
    syn_words_sort(found);
    return c.files;
}
