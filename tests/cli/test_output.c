/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables, text and JSON as people and programs get to see them. */
#include "cli/output/result.h"
#include "cli/output/show.h"
#include "cli/output/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct syn_column columns[] = {
    {.title = "NAME"}, {.title = "BYTES", .right = true}, {.title = "WHY", .shrinks = true}};

/* What `table` looks like; the caller frees it. */
static char *drawn(const struct syn_table *table, bool colour, int width)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(syn_table_write(table, out, colour, width), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_drawn(struct syn_table *table, bool colour, int width, const char *expected)
{
    char *text = drawn(table, colour, width);
    assert_string_equal(text, expected);
    free(text);
}

static void columns_are_aligned_and_numbers_stand_right(void **state)
{
    (void)state;
    struct syn_table *table = syn_table_new(columns, 3);
    syn_table_text(table, "ring");
    syn_table_format(table, "%d", 7);
    syn_table_text(table, "fits");
    syn_table_text(table, "earbud");
    syn_table_format(table, "%d", 442368);
    syn_table_text(table, NULL);
    assert_drawn(table, false, 0,
                 "NAME     BYTES  WHY\n"
                 "ring         7  fits\n"
                 "earbud  442368  -\n");
    syn_table_free(table);
}

static void width_is_counted_in_characters_of_the_terminal(void **state)
{
    (void)state;
    struct syn_table *table = syn_table_new(columns, 3);
    syn_table_text(table, "Übung");
    syn_table_text(table, "1");
    syn_table_text(table, "日本");
    assert_drawn(table, false, 0,
                 "NAME   BYTES  WHY\n"
                 "Übung      1  日本\n");
    syn_table_free(table);
}

static void a_column_that_wraps_goes_on_in_the_next_line_between_words(void **state)
{
    (void)state;
    static const struct syn_column wrapping[] = {
        {.title = "NAME"}, {.title = "WHY", .wraps = true}, {.title = "N", .right = true}};
    struct syn_table *table = syn_table_new(wrapping, 3);
    syn_table_text(table, "ring");
    syn_table_text(table, "needs three more kernel words");
    syn_table_text(table, "7");
    assert_drawn(table, false, 24,
                 "NAME  WHY              N\n"
                 "ring  needs three      7\n"
                 "      more kernel\n"
                 "      words\n");
    syn_table_free(table);
}

static void columns_that_cannot_be_cut_stand_closer_before_a_table_is_too_wide(void **state)
{
    (void)state;
    static const struct syn_column fixed[] = {{.title = "NAME"}, {.title = "BYTES", .right = true}};
    struct syn_table *table = syn_table_new(fixed, 2);
    syn_table_text(table, "ring");
    syn_table_text(table, "7");
    assert_drawn(table, false, 10, "NAME BYTES\nring     7\n");
    assert_drawn(table, false, 11, "NAME  BYTES\nring      7\n");
    syn_table_free(table);
}

static void a_text_that_wraps_is_indented_from_the_second_line_on(void **state)
{
    (void)state;
    struct syn_result result;
    syn_result_init(&result, 0, 16);
    syn_result_wrap(&result, 2, "ind-model: does not fit on watch");
    (void)fflush(result.stream);
    assert_string_equal(result.text, "ind-model: does\n  not fit on\n  watch\n");
    syn_result_clear(&result);
}

static void a_column_that_shrinks_makes_the_table_fit(void **state)
{
    (void)state;
    struct syn_table *table = syn_table_new(columns, 3);
    syn_table_text(table, "ring");
    syn_table_text(table, "1");
    syn_table_text(table, "a long explanation that does not fit");
    assert_drawn(table, false, 25,
                 "NAME  BYTES  WHY\n"
                 "ring      1  a long expl…\n");
    syn_table_free(table);
}

static void a_hostile_name_cannot_reach_the_terminal(void **state)
{
    (void)state;
    struct syn_table *table = syn_table_new(columns, 3);
    syn_table_text(table, "\x1b[2Jx\n");
    syn_table_text(table, "1");
    syn_table_text(table, "\xff\xc0\x80ok\xc2\x9b");
    assert_drawn(table, false, 0,
                 "NAME    BYTES  WHY\n"
                 "?[2Jx?      1  ???ok?\n");
    syn_table_free(table);
}

static void only_the_heading_is_coloured(void **state)
{
    (void)state;
    struct syn_table *table = syn_table_new(columns, 1);
    syn_table_text(table, "ring");
    assert_drawn(table, true, 0, "\033[1mNAME\033[0m\nring\n");
    syn_table_free(table);
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    assert_int_equal(syn_text_fit("Übung", 1), 2);
    assert_int_equal(syn_text_fit("日本", 3), 3);
    assert_int_equal(syn_text_fit("ab", 9), 2);
    char small[6];
    syn_text_clean(small, sizeof small, "€€€");
    assert_string_equal(small, "€");
}

static void sizes_and_times_have_units(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {{0, "0 B"},        {1023, "1023 B"},    {1024, "1 KiB"},
                 {1536, "1.5 KiB"}, {442368, "432 KiB"}, {1 << 21, "2 MiB"}};
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{2.7e-7, "0.27 us"},
                 {0.00152, "1.52 ms"},
                 {0.9999, "1.0 s"},
                 {12, "12.0 s"},
                 {200, "3 min 20 s"}};
    char text[40];
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_string_equal(syn_text_bytes(text, sizeof text, sizes[i].bytes), sizes[i].text);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        assert_string_equal(syn_text_time(text, sizeof text, times[i].seconds), times[i].text);
}

static char *written(struct syn_result *result, int as_json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    syn_result_write(result, as_json, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void a_result_has_one_form_for_people_and_one_for_programs(void **state)
{
    (void)state;
    for (int as_json = 0; as_json < 2; as_json++) {
        struct syn_result result;
        syn_result_init(&result, 0, 0);
        syn_result_print(&result, "%s: %d ms\n", "ring", 12);
        syn_show_text(syn_result_json(&result), "device", "ring");
        syn_show_number(syn_result_json(&result), "rtt_ms", 12);
        char *text = written(&result, as_json);
        assert_string_equal(text,
                            as_json ? "{\"device\":\"ring\",\"rtt_ms\":12}\n" : "ring: 12 ms\n");
        free(text);
        text = written(&result, as_json);
        assert_string_equal(text, as_json ? "{}\n" : "");
        free(text);
    }
}

static void json_stays_json_whatever_the_values(void **state)
{
    (void)state;
    struct syn_result result;
    syn_result_init(&result, 0, 0);
    cJSON *json = syn_result_json(&result);
    syn_show_number(json, "nan", NAN);
    syn_show_number(json, "inf", INFINITY);
    syn_show_integer(json, "large", INT64_MAX);
    syn_show_text(json, "none", NULL);
    syn_show_text(json, "broken", "\xff\x01");
    syn_show_hex(json, "hash", (const uint8_t *)"\x00\xab", 2);
    char *text = written(&result, 1);
    assert_string_equal(text,
                        "{\"nan\":null,\"inf\":null,\"large\":\"9223372036854775807\","
                        "\"none\":null,\"broken\":\"\xef\xbf\xbd\\u0001\",\"hash\":\"00ab\"}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_and_numbers_stand_right),
        cmocka_unit_test(width_is_counted_in_characters_of_the_terminal),
        cmocka_unit_test(a_column_that_wraps_goes_on_in_the_next_line_between_words),
        cmocka_unit_test(columns_that_cannot_be_cut_stand_closer_before_a_table_is_too_wide),
        cmocka_unit_test(a_text_that_wraps_is_indented_from_the_second_line_on),
        cmocka_unit_test(a_column_that_shrinks_makes_the_table_fit),
        cmocka_unit_test(a_hostile_name_cannot_reach_the_terminal),
        cmocka_unit_test(only_the_heading_is_coloured),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(sizes_and_times_have_units),
        cmocka_unit_test(a_result_has_one_form_for_people_and_one_for_programs),
        cmocka_unit_test(json_stays_json_whatever_the_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
