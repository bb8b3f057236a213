/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of the shell, word by word. */
#include "cli/shell/lexer.h"
#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All commands of a text as "line:word|word;" one after the other; an error as "!line;". */
static const char *commands_of(const char *text, size_t size)
{
    static char out[4096];
    struct syn_lexer lexer;
    struct syn_words words = {0};
    struct syn_error error = {0};
    int line = 0, more = 0;
    size_t used = 0;
    syn_lexer_init(&lexer, text, size);
    out[0] = '\0';
    while ((more = syn_lexer_next(&lexer, &words, &line, &error)) != 0) {
        used += (size_t)snprintf(out + used, sizeof out - used, more < 0 ? "!%d" : "%d:", line);
        for (size_t i = 0; more > 0 && i < words.count; i++)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i ? "|" : "",
                                     words.items[i]);
        used += (size_t)snprintf(out + used, sizeof out - used, ";");
    }
    syn_words_clear(&words);
    return out;
}

static void texts_give_the_commands_they_say(void **state)
{
    static const struct {
        const char *text, *commands;
    } cases[] = {
        {"", ""},
        {"\n ; \t\r\n;;", ""},
        {"a", "1:a;"},
        {"a b\tc\r\nd", "1:a|b|c;2:d;"},
        {"a;b ;c", "1:a;1:b;1:c;"},
        {"# nothing\na # b\nc#d", "2:a;3:c#d;"},
        {"'a b' \"c d\"e'f'", "1:a b|c def;"},
        {"'' \"\"", "1:|;"},
        {"'\\n\"' \"\\n\\t\\\"\\\\\\x\"", "1:\\n\"|\n\t\"\\\\x;"},
        {"a\\ b \\# \\'", "1:a b|#|';"},
        {"a \\\nb\nc", "1:a|b;3:c;"},
        {"a \\\r\nb", "1:a|b;"},
        {"\n\n  a\nb", "3:a;4:b;"},
        {"'x\ny' z\nw", "1:x\ny|z;3:w;"},
        {"a\\", "1:a;"},
        {"ok\n'open\nrest", "1:ok;!2;3:rest;"},
        {"\xc3\xa4 \xe2\x82\xac", "1:\xc3\xa4|\xe2\x82\xac;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(commands_of(cases[i].text, strlen(cases[i].text)), cases[i].commands);
}

static void an_error_loses_its_line_only(void **state)
{
    static const char text[] = "a\0b\nc";
    (void)state;
    assert_string_equal(commands_of(text, sizeof text - 1), "!1;2:c;");
}

/* Random bytes, also those that mean something, in words of random length. */
static void what_is_quoted_is_read_back(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        static const char special[] = " \t\n;'\"\\#ab";
        char word[16], line[80];
        size_t size = syn_splitmix64(&seed) % (sizeof word - 1);
        for (size_t i = 0; i < size; i++) {
            uint64_t n = syn_splitmix64(&seed);
            word[i] =
                (n & 1) ? special[(n >> 8) % (sizeof special - 1)] : (char)(1 + (n >> 8) % 255);
        }
        word[size] = '\0';
        char *quoted = syn_lexer_quote(word);
        assert_non_null(quoted);
        (void)snprintf(line, sizeof line, "x %s y", quoted);
        struct syn_lexer lexer;
        struct syn_words words = {0};
        int number = 0;
        syn_lexer_init(&lexer, line, strlen(line));
        assert_int_equal(syn_lexer_next(&lexer, &words, &number, NULL), 1);
        assert_int_equal(words.count, 3);
        assert_string_equal(words.items[1], word);
        syn_words_clear(&words);
        free(quoted);
    }
}

/* Whatever the bytes: it ends, and lines only grow. */
static void noise_is_survived(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        char text[64];
        size_t size = syn_splitmix64(&seed) % sizeof text;
        for (size_t i = 0; i < size; i++)
            text[i] = "\0 \n;'\"\\#a\r"[syn_splitmix64(&seed) % 10];
        struct syn_lexer lexer;
        struct syn_words words = {0};
        int line = 0, last = 0, calls = 0;
        syn_lexer_init(&lexer, text, size);
        while (syn_lexer_next(&lexer, &words, &line, NULL) != 0) {
            assert_true(line >= last);
            assert_true(++calls <= 64);
            last = line;
        }
        syn_words_clear(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_give_the_commands_they_say),
        cmocka_unit_test(an_error_loses_its_line_only),
        cmocka_unit_test(what_is_quoted_is_read_back),
        cmocka_unit_test(noise_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
