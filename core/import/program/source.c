/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/source.h"

#include "core/import/program/remarks.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX   (1u << 20)
#define ALIASES_MAX 2048
#define DEPTH_MAX   64

/* static const uint32_t kernels[] = KERNELS; */
struct alias {
    char name[ARRAYS_NAME_MAX], symbol[ARRAYS_NAME_MAX];
};

struct parser {
    struct source *source;
    struct text *text;
    struct text_token token; /* the next one */
    enum source_function function;
    unsigned conditions; /* #if that are open */
    bool unloads, loops; /* the function is cnn_unload(); it has loops */
    bool conditional;    /* the statement at work is under one */
    struct alias aliases[ALIASES_MAX];
    unsigned alias_count;
    char pointer[ARRAYS_NAME_MAX]; /* of the function: const uint32_t *ptr = NAME */
};

/* Where the parser is, to come back to. */
struct place {
    struct text text;
    struct text_token token;
    unsigned conditions;
};

static struct place here(const struct parser *p)
{
    return (struct place){*p->text, p->token, p->conditions};
}

static void go_back(struct parser *p, const struct place *place)
{
    *p->text = place->text;
    p->token = place->token;
    p->conditions = place->conditions;
}

static int refuse(const struct parser *p, int line, const char *words)
{
    text_error(p->text, line, SYN_EUNSUP, "%s", words);
    syn_error_hint(p->text->error,
                   "what the vendor's tool writes is read, without changes by hand");
    return SYN_EUNSUP;
}

/* ---- tokens ------------------------------------------------------------------------------ */

static void count_condition(struct parser *p)
{
    const struct text_token *t = &p->token;
    if (t->length >= 3 && memcmp(t->start, "#if", 3) == 0)
        p->conditions++;
    if (t->length >= 6 && memcmp(t->start, "#endif", 6) == 0 && p->conditions > 0)
        p->conditions--;
}

/* Goes on to the next token; comments are heard, lines of the preprocessor only counted. */
static void advance(struct parser *p)
{
    for (;;) {
        p->token = text_next(p->text);
        if (p->token.kind == TEXT_COMMENT)
            remarks_take(p->source, &p->token);
        else if (p->token.kind == TEXT_DIRECTIVE)
            count_condition(p);
        else
            return;
    }
}

static bool at(const struct parser *p, const char *words)
{
    return text_is(&p->token, words);
}

static bool ended(const struct parser *p)
{
    return p->token.kind == TEXT_END || p->token.kind == TEXT_ERROR;
}

static int broken(const struct parser *p, const char *words)
{
    if (p->token.kind == TEXT_ERROR)
        return SYN_EINVAL;
    return text_error(p->text, p->token.line, SYN_EINVAL, "%s", words);
}

/* Passes over the tokens of `signs`, which stand between blanks; false at the first other one. */
static bool pass(struct parser *p, const char *signs)
{
    char word[16];
    while (*signs) {
        const size_t length = strcspn(signs, " ");
        memcpy(word, signs, length);
        word[length] = '\0';
        if (!at(p, word))
            return false;
        advance(p);
        signs += length + (signs[length] == ' ');
    }
    return true;
}

/* From an opening sign behind its closing one. */
static int pass_block(struct parser *p)
{
    char open[DEPTH_MAX] = {0};
    unsigned depth = 0;
    const int line = p->token.line;
    do {
        const char c = p->token.kind == TEXT_SIGN ? *p->token.start : ' ';
        if (ended(p))
            return p->token.kind == TEXT_ERROR
                       ? SYN_EINVAL
                       : text_error(p->text, line, SYN_EINVAL, "a block that does not end");
        if (c == '(' || c == '{' || c == '[') {
            if (depth == DEPTH_MAX)
                return broken(p, "blocks in too many blocks");
            open[depth++] = c;
        } else if (c == ')' || c == '}' || c == ']') {
            if (open[--depth] != (c == ')' ? '(' : c == '}' ? '{' : '['))
                return broken(p, "a bracket that closes nothing");
        }
        advance(p);
    } while (depth > 0);
    return 0;
}

/* To behind the next semicolon. `*touches` where an address is written through on the way. */
static int pass_statement(struct parser *p, bool *touches)
{
    *touches = false;
    while (!at(p, ";")) {
        if (ended(p) || at(p, "}"))
            return broken(p, "a statement that does not end");
        if (at(p, "volatile") || (p->token.kind == TEXT_WORD && p->token.length >= 6 &&
                                  memcmp(p->token.start, "memcpy", 6) == 0))
            *touches = true;
        if (at(p, "{") || at(p, "[")) {
            const int status = pass_block(p);
            if (status < 0)
                return status;
            continue;
        }
        advance(p);
    }
    advance(p);
    return 0;
}

/* ---- steps ------------------------------------------------------------------------------- */

static int add_step(struct parser *p, const struct source_step *step)
{
    struct source *s = p->source;
    if (s->count == STEPS_MAX)
        return text_error(p->text, step->line, SYN_EINVAL, "more than %u writes", STEPS_MAX);
    if (p->unloads) /* rearranging what is read */
        return 0;
    if (p->conditional && p->function != SOURCE_OTHER)
        return refuse(p, step->line, "a write that is only there under a condition");
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        struct source_step *steps = realloc(s->steps, room * sizeof *steps);
        if (!steps)
            return syn_error_set(p->text->error, SYN_ENOMEM, "not enough memory");
        s->steps = steps;
        s->room = room;
    }
    s->steps[s->count] = *step;
    s->steps[s->count++].function = p->function;
    return 0;
}

static const char *symbol_of(const struct parser *p, const char *name)
{
    for (unsigned i = 0; i < p->alias_count; i++)
        if (strcmp(p->aliases[i].name, name) == 0)
            return p->aliases[i].symbol;
    return NULL;
}

/* Behind the first sign of "*((volatile uint32_t *) ADDRESS) = VALUE;" */
static int read_write(struct parser *p)
{
    struct source_step step = {.line = p->token.line};
    if (!pass(p, "( ( volatile"))
        return 1;
    step.kind = at(p, "uint8_t") ? SOURCE_BYTE : SOURCE_WORD;
    if (!at(p, "uint8_t") && !at(p, "uint32_t"))
        return 1;
    advance(p);
    if (!pass(p, "* )") || p->token.kind != TEXT_NUMBER)
        return 1;
    step.address = p->token.value;
    advance(p);
    if (!pass(p, ") =") || p->token.kind != TEXT_NUMBER)
        return 1;
    step.value = p->token.value;
    advance(p);
    return pass(p, ";") ? add_step(p, &step) : 1;
}

/* memcpy32((uint32_t *) ADDRESS, array, COUNT); COUNT may be sizeof(uint8_t) * NUMBER */
static int read_copy(struct parser *p, enum source_kind kind)
{
    struct source_step step = {.line = p->token.line, .kind = kind};
    char name[ARRAYS_NAME_MAX];
    advance(p);
    if (!pass(p, "( ( uint32_t * )") || p->token.kind != TEXT_NUMBER)
        return 1;
    step.address = p->token.value;
    advance(p);
    if (!pass(p, ",") || p->token.kind != TEXT_WORD)
        return 1;
    text_copy(&p->token, name, sizeof name);
    const char *symbol = symbol_of(p, name);
    if (!symbol)
        return refuse(p, step.line, "a copy of an array that is not one of weights.h");
    memcpy(step.symbol, symbol, sizeof step.symbol);
    advance(p);
    if (!pass(p, ","))
        return 1;
    if (at(p, "sizeof") && !pass(p, "sizeof ( uint8_t ) *"))
        return 1;
    if (p->token.kind != TEXT_NUMBER)
        return 1;
    step.count = p->token.value;
    advance(p);
    return pass(p, ") ;") ? add_step(p, &step) : 1;
}

/* The loop over records: while ((addr = (volatile uint32_t *) *ptr++) != 0) { ... } */
static int read_records(struct parser *p, int line)
{
    struct source_step step = {.line = line, .kind = SOURCE_RECORDS};
    const char *symbol = symbol_of(p, p->pointer);
    if (!pass(p, "volatile uint32_t * ) * ptr + + ) ! = 0 ) {") || !symbol)
        return 1;
    memcpy(step.symbol, symbol, sizeof step.symbol);
    step.value = at(p, "*");
    if (step.value && !pass(p, "* ( ( volatile uint8_t * ) ( ( uint32_t ) addr | 1 ) ) = 0x01 ;"))
        return 1;
    if (!pass(p, "len = * ptr + + ; while ( len - - > 0 ) * addr + + = * ptr + + ; }"))
        return 1;
    return add_step(p, &step);
}

/* A loop that waits, which is passed over, or the one over records. */
static int read_while(struct parser *p)
{
    const int line = p->token.line;
    advance(p);
    if (!at(p, "("))
        return 1;
    const struct place before = here(p);
    if (pass(p, "( ( addr = ("))
        return read_records(p, line);
    go_back(p, &before);
    const int status = pass_block(p);
    return status < 0 ? status : pass(p, ";") ? 0 : 1;
}

/* if (... != VALUE) return CNN_FAIL; behind a write that is read back */
static int read_if(struct parser *p)
{
    advance(p);
    if (!at(p, "("))
        return 1;
    const int status = pass_block(p);
    return status < 0 ? status : pass(p, "return CNN_FAIL ;") ? 0 : 1;
}

/* const uint32_t *ptr = kernels; */
static int read_pointer(struct parser *p)
{
    bool touches;
    if (pass(p, "const uint32_t * ptr =") && p->token.kind == TEXT_WORD)
        text_copy(&p->token, p->pointer, sizeof p->pointer);
    return pass_statement(p, &touches);
}

static enum source_kind copy_kind(const struct parser *p)
{
    if (at(p, "memcpy32"))
        return SOURCE_COPY;
    if (at(p, "memcpy_8to32"))
        return SOURCE_COPY_BYTE;
    return at(p, "memcpy_96to128") ? SOURCE_COPY_SLOT : SOURCE_WORD;
}

/* 0, an error, or 1 where the form is not known. */
static int read_known(struct parser *p)
{
    bool touches = false;
    const enum source_kind copy = copy_kind(p);
    if (at(p, "*")) {
        advance(p);
        return read_write(p);
    }
    if (copy != SOURCE_WORD)
        return read_copy(p, copy);
    if (at(p, "while"))
        return read_while(p);
    if (at(p, "if"))
        return read_if(p);
    if (at(p, "const"))
        return read_pointer(p);
    if (at(p, "for") || at(p, "do") || at(p, "switch") || at(p, "goto") || at(p, "{"))
        return 1;
    const bool declares = at(p, "volatile");
    const int status = pass_statement(p, &touches);
    return status < 0 ? status : touches && !declares ? 1 : 0;
}

/* *out_buf++ = *addr++; with or without a shift behind it, in cnn_unload() */
static void read_unload(struct parser *p)
{
    const struct place before = here(p);
    if (at(p, "for") || at(p, "while"))
        p->loops = true;
    if (pass(p, "* out_buf + + =") && (pass(p, "* addr + +") || pass(p, "( * addr + + )")))
        p->source->unloaded++;
    go_back(p, &before);
}

/* ---- functions --------------------------------------------------------------------------- */

static int read_statement(struct parser *p)
{
    const struct place before = here(p);
    if (p->unloads)
        read_unload(p);
    p->conditional = p->conditions > 0;
    const int status = read_known(p);
    bool touches;
    if (status <= 0)
        return status;
    if (p->token.kind == TEXT_ERROR)
        return SYN_EINVAL;
    if (p->function != SOURCE_OTHER)
        return refuse(p, before.token.line, "a statement that is not understood");
    go_back(p, &before);
    if (at(p, "{"))
        return pass_block(p);
    while (!at(p, ";") && !at(p, "{") && !at(p, "}") && !ended(p))
        advance(p);
    return at(p, "{") ? pass_block(p) : pass_statement(p, &touches);
}

static int read_body(struct parser *p)
{
    p->pointer[0] = '\0';
    advance(p);
    while (!at(p, "}")) {
        if (ended(p))
            return broken(p, "a function that does not end");
        const int status = read_statement(p);
        if (status < 0)
            return status;
    }
    advance(p);
    return 0;
}

static enum source_function function_of(const struct text_token *name)
{
    static const char *const names[SOURCE_FUNCTIONS] = {
        [SOURCE_INIT] = "cnn_init",      [SOURCE_WEIGHTS] = "cnn_load_weights",
        [SOURCE_BIAS] = "cnn_load_bias", [SOURCE_CONFIGURE] = "cnn_configure",
        [SOURCE_START] = "cnn_start",
    };
    for (unsigned i = 1; i < SOURCE_FUNCTIONS; i++)
        if (text_is(name, names[i]))
            return (enum source_function)i;
    return SOURCE_OTHER;
}

/* name[] = SYMBOL; behind the name */
static void read_alias(struct parser *p, const struct text_token *name)
{
    struct alias *alias = &p->aliases[p->alias_count];
    if (!pass(p, "[ ] =") || p->token.kind != TEXT_WORD || p->alias_count == ALIASES_MAX)
        return;
    text_copy(name, alias->name, sizeof alias->name);
    text_copy(&p->token, alias->symbol, sizeof alias->symbol);
    p->alias_count++;
}

static int read_function(struct parser *p, const struct text_token *name)
{
    int status = pass_block(p);
    if (status < 0 || !at(p, "{"))
        return status;
    p->function = function_of(name);
    if (p->function != SOURCE_OTHER && p->source->seen >> p->function & 1)
        return text_error(p->text, name->line, SYN_EINVAL, "a second function %.*s",
                          (int)name->length, name->start);
    p->source->seen |= 1u << p->function;
    p->unloads = text_is(name, "cnn_unload");
    status = read_body(p);
    if (p->unloads && p->loops)
        p->source->unloaded = 0;
    p->unloads = false;
    p->function = SOURCE_OTHER;
    return status;
}

/* A declaration or a function at the top of the file. */
static int read_top(struct parser *p)
{
    struct text_token name = p->token;
    while (!at(p, ";") && !at(p, "}")) {
        if (ended(p))
            return 0;
        if (at(p, "(") && name.kind == TEXT_WORD)
            return read_function(p, &name);
        if (at(p, "[") && name.kind == TEXT_WORD) {
            read_alias(p, &name);
            continue;
        }
        if (at(p, "{"))
            return pass_block(p);
        name = p->token;
        advance(p);
    }
    advance(p);
    return 0;
}

int source_read(struct source *source, struct text *text)
{
    struct parser *p = calloc(1, sizeof *p);
    int status = 0;
    if (!p)
        return syn_error_set(text->error, SYN_ENOMEM, "not enough memory");
    source->path = text->path;
    text->comments = true;
    p->source = source;
    p->text = text;
    advance(p);
    while (status == 0 && p->token.kind != TEXT_END)
        status = p->token.kind == TEXT_ERROR ? SYN_EINVAL : read_top(p);
    free(p);
    return status;
}

void source_free(struct source *source)
{
    free(source->steps);
    *source = (struct source){.count = 0};
}
