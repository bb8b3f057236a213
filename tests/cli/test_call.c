/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a command's table turns words into checked values. */
#include "cli/shell/call.h"

#include "cli/shell/usage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const modes[] = {"fast", "safe", NULL};

static const struct syn_command sample = {
    .noun = "sample",
    .verb = "take",
    .summary = "a command for tests",
    .args = {{.name = "NAME", .kind = SYN_VALUE_DEVICE},
             {.name = "MODE", .kind = SYN_VALUE_CHOICE, .choices = modes, .flags = SYN_OPTIONAL},
             {.name = "FILE", .kind = SYN_VALUE_FILE, .flags = SYN_OPTIONAL | SYN_MANY}},
    .options = {{.name = "--count", .value = "N", .kind = SYN_VALUE_INTEGER, .min = -5, .max = 300},
                {.name = "--for", .value = "S", .kind = SYN_VALUE_SECONDS, .standard = "2"},
                {.name = "--force"},
                {.name = "--apps", .value = "A,..", .kind = SYN_VALUE_APP, .flags = SYN_LIST}},
};

static const struct syn_command remote = {
    .noun = "shell",
    .args = {{.name = "NAME", .kind = SYN_VALUE_DEVICE}, {.name = "CMD", .flags = SYN_REST}},
    .options = {{.name = "--raw"}},
};

#define WORDS(...)                                                                                 \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static struct syn_call *parsed(const struct syn_command *command, const char *const *words,
                               size_t count, const char *device)
{
    struct syn_call *call = NULL;
    struct syn_error error = {0};
    if (syn_call_parse(&call, command, words, count, device, &error) < 0)
        fail_msg("%s", error.message);
    return call;
}

static void refused(const struct syn_command *command, const char *const *words, size_t count,
                    const char *message)
{
    struct syn_call *call = NULL;
    struct syn_error error = {0};
    assert_int_equal(syn_call_parse(&call, command, words, count, NULL, &error), SYN_EINVAL);
    assert_null(call);
    assert_string_equal(error.message, message);
}

static void values_come_by_their_names(void **state)
{
    (void)state;
    struct syn_call *call =
        parsed(&sample,
               WORDS("ring", "--count", "0x10", "safe", "--for=250ms", "a", "b", "--force"), NULL);
    assert_string_equal(syn_call_text(call, "NAME"), "ring");
    assert_int_equal(syn_call_choice(call, "MODE"), 1);
    assert_int_equal(syn_call_integer(call, "--count", 1), 16);
    assert_true(syn_call_number(call, "--for", 9) == 0.25);
    assert_true(syn_call_flag(call, "--force"));
    assert_int_equal(syn_call_count(call, "FILE"), 2);
    assert_string_equal(syn_call_at(call, "FILE", 1), "b");
    assert_null(syn_call_at(call, "FILE", 2));
    syn_call_free(call);
}

static void what_is_not_given_is_standard_or_missing(void **state)
{
    (void)state;
    struct syn_call *call = parsed(&sample, WORDS("ring"), NULL);
    assert_true(syn_call_number(call, "--for", 9) == 2);
    assert_false(syn_call_has(call, "--for"));
    assert_int_equal(syn_call_integer(call, "--count", 7), 7);
    assert_int_equal(syn_call_choice(call, "MODE"), -1);
    assert_false(syn_call_flag(call, "--force"));
    assert_null(syn_call_text(call, "FILE"));
    syn_call_free(call);
}

static void negative_numbers_are_values_and_not_options(void **state)
{
    (void)state;
    struct syn_call *call = parsed(&sample, WORDS("ring", "--count", "-5"), NULL);
    assert_int_equal(syn_call_integer(call, "--count", 0), -5);
    syn_call_free(call);
}

static void a_leading_zero_is_not_octal(void **state)
{
    (void)state;
    struct syn_call *call = parsed(&sample, WORDS("ring", "--count", "010"), NULL);
    assert_int_equal(syn_call_integer(call, "--count", 0), 10);
    syn_call_free(call);
}

static void lists_are_taken_apart(void **state)
{
    char text[8];
    (void)state;
    struct syn_call *call = parsed(&sample, WORDS("ring", "--apps", "one,two"), NULL);
    assert_true(syn_call_list(call, "--apps", 0, text, sizeof text));
    assert_string_equal(text, "one");
    assert_true(syn_call_list(call, "--apps", 1, text, sizeof text));
    assert_string_equal(text, "two");
    assert_false(syn_call_list(call, "--apps", 2, text, sizeof text));
    syn_call_free(call);
}

static void the_rest_of_the_line_is_left_alone(void **state)
{
    (void)state;
    struct syn_call *call =
        parsed(&remote, WORDS("--raw", "ring", "ls", "--raw", "--", "-x"), NULL);
    assert_true(syn_call_flag(call, "--raw"));
    assert_int_equal(syn_call_count(call, "CMD"), 4);
    assert_string_equal(syn_call_at(call, "CMD", 1), "--raw");
    assert_string_equal(syn_call_at(call, "CMD", 2), "--");
    syn_call_free(call);
}

static void a_device_that_is_given_from_outside_takes_its_place(void **state)
{
    (void)state;
    struct syn_call *call = parsed(&sample, WORDS("fast", "a"), "watch");
    assert_string_equal(syn_call_text(call, "NAME"), "watch");
    assert_int_equal(syn_call_choice(call, "MODE"), 0);
    assert_string_equal(syn_call_at(call, "FILE", 0), "a");
    syn_call_free(call);
    call = parsed(&remote, WORDS("ls", "--raw"), "watch");
    assert_string_equal(syn_call_text(call, "NAME"), "watch");
    assert_string_equal(syn_call_at(call, "CMD", 1), "--raw");
    syn_call_free(call);
}

static void wrong_words_are_told(void **state)
{
    (void)state;
    refused(&sample, NULL, 0, "NAME is missing");
    refused(&sample, WORDS("ring", "slow"), "MODE: 'slow' is none of fast, safe");
    refused(&sample, WORDS("ring", "--count", "301"), "--count: 301 is not within -5 to 300");
    refused(&sample, WORDS("ring", "--count", "1.5"), "--count: '1.5' is not a whole number");
    refused(&sample, WORDS("ring", "--count", ""), "--count: '' is not a whole number");
    refused(&sample, WORDS("ring", "--for", "-1"), "--for: '-1' is not a time");
    refused(&sample, WORDS("ring", "--for", "nan"), "--for: 'nan' is not a time");
    refused(&sample, WORDS("ring", "--for", "1e999"), "--for: '1e999' is not a time");
    refused(&sample, WORDS("ring", "--count"), "--count needs a value (N)");
    refused(&sample, WORDS("ring", "--force=1"), "--force takes no value");
    refused(&sample, WORDS("ring", "--fo"), "option --fo is ambiguous");
    refused(&sample, WORDS("ring", "--froce"), "no option --froce");
    refused(&sample, WORDS("ring", "--force", "--force"), "--force is given twice");
    refused(&sample, WORDS(""), "NAME: the value is empty");
}

static void usage_follows_from_the_table(void **state)
{
    char text[200];
    (void)state;
    assert_string_equal(syn_usage(&sample, text, sizeof text),
                        "sample take NAME [MODE] [FILE...] [--count N] [--for S] [--force] "
                        "[--apps A,..]");
    assert_string_equal(syn_usage(&remote, text, sizeof text), "shell NAME CMD... [--raw]");
}

static void times_have_units(void **state)
{
    static const struct {
        const char *text;
        double seconds; /* negative: refused */
    } cases[] = {{"2", 2},     {"2s", 2},    {"250ms", 0.25}, {"50us", 5e-5},
                 {"1.5m", 90}, {"1min", 60}, {"1h", 3600},    {"", -1},
                 {"s", -1},    {"1 s", -1},  {"1week", -1},   {"inf", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double seconds = 0;
        bool good = syn_seconds_parse(cases[i].text, &seconds);
        assert_int_equal(good, cases[i].seconds >= 0);
        if (good)
            assert_true(fabs(seconds - cases[i].seconds) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_by_their_names),
        cmocka_unit_test(what_is_not_given_is_standard_or_missing),
        cmocka_unit_test(negative_numbers_are_values_and_not_options),
        cmocka_unit_test(a_leading_zero_is_not_octal),
        cmocka_unit_test(lists_are_taken_apart),
        cmocka_unit_test(the_rest_of_the_line_is_left_alone),
        cmocka_unit_test(a_device_that_is_given_from_outside_takes_its_place),
        cmocka_unit_test(wrong_words_are_told),
        cmocka_unit_test(usage_follows_from_the_table),
        cmocka_unit_test(times_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
