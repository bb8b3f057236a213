/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const colours[] = {"red", "green", NULL};

struct thing {
    char name[8];
    char note[16];
    char *text;
    bool on;
    uint8_t small;
    int16_t number;
    double share;
    uint8_t colour;
    uint64_t map;
};

static const struct syn_json_field thing_fields[] = {
    {"license", SYN_JSON_IGNORED, .required = false},
    {"name", SYN_JSON_NAME, .required = true, SYN_JSON_AT(struct thing, name)},
    {"note", SYN_JSON_STRING, SYN_JSON_AT(struct thing, note)},
    {"text", SYN_JSON_TEXT, SYN_JSON_AT(struct thing, text)},
    {"on", SYN_JSON_BOOL, SYN_JSON_AT(struct thing, on)},
    {"small", SYN_JSON_INT, SYN_JSON_AT(struct thing, small), .max = 200},
    {"number", SYN_JSON_INT, SYN_JSON_AT(struct thing, number), .min = -15, .max = 15},
    {"share", SYN_JSON_DOUBLE, SYN_JSON_AT(struct thing, share), .max = 1},
    {"colour", SYN_JSON_ENUM, SYN_JSON_AT(struct thing, colour), .names = colours},
    {"map", SYN_JSON_HEX64, SYN_JSON_AT(struct thing, map)},
};

static int parse(const char *text, struct thing *thing, struct syn_error *error)
{
    struct syn_json *doc;
    int result = syn_json_parse(&doc, text, strlen(text), "thing.json", error);
    if (result == 0)
        result = syn_json_fill(doc, syn_json_root(doc), thing_fields, SYN_JSON_COUNT(thing_fields),
                               thing, error);
    syn_json_free(doc);
    return result;
}

static void a_table_reads_every_type(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct thing t = {0};
    assert_int_equal(
        parse("{\"license\": \"MIT\", \"name\": \"a-b/1\", \"note\": \"caf\\u00e9 \\\\\",\n"
              " \"text\": \"long\", \"on\": true, \"small\": 200, \"number\": -15,\n"
              " \"share\": 0.25, \"colour\": \"green\", \"map\": \"0xFF00\"}",
              &t, &error),
        0);
    assert_string_equal(t.name, "a-b/1");
    assert_string_equal(t.note, "caf\xc3\xa9 \\");
    assert_string_equal(t.text, "long");
    assert_true(t.on);
    assert_int_equal(t.small, 200);
    assert_int_equal(t.number, -15);
    assert_true(t.share == 0.25);
    assert_int_equal(t.colour, 1);
    assert_int_equal(t.map, 0xff00);
    free(t.text);
}

static void an_absent_field_keeps_its_default(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct thing t = {.small = 7, .colour = 1};
    assert_int_equal(parse("{\"name\": \"x\"}", &t, &error), 0);
    assert_int_equal(t.small, 7);
    assert_int_equal(t.colour, 1);
}

/* One wrong text, where the error points to, and what it says. */
struct wrong {
    const char *text;
    int line, column;
    const char *message;
};

static const struct wrong wrongs[] = {
    {"{\"name\": \"x\",\n  \"smal\": 1}", 2, 3,
     "smal: unknown field \"smal\", did you mean \"small\"?"},
    {"{\"name\": \"x\",\n  \"zzzzzz\": 1}", 2, 3, "zzzzzz: unknown field \"zzzzzz\""},
    {"{\"note\": \"x\"}", 1, 1, "field \"name\" is missing"},
    {"{\"name\": \"x\", \"name\": \"y\"}", 1, 15, "name: this field is given twice"},
    {"{\"name\": \"x\",\n\n    \"small\": 201}", 3, 5, "small: 201 is out of range (0 to 200)"},
    {"{\"name\": \"x\", \"small\": 1.5}", 1, 15, "small: a whole number is expected"},
    {"{\"name\": \"x\", \"small\": \"1\"}", 1, 15, "small: a whole number is expected"},
    {"{\"name\": \"x\", \"number\": -16}", 1, 15, "number: -16 is out of range (-15 to 15)"},
    {"{\"name\": \"x\", \"on\": 1}", 1, 15, "on: true or false is expected"},
    {"{\"name\": \"x\", \"share\": true}", 1, 15, "share: a number is expected"},
    {"{\"name\": \"x\", \"colour\": \"blue\"}", 1, 15, "colour: \"blue\" is none of red, green"},
    {"{\"name\": \"x\", \"map\": \"12\"}", 1, 15,
     "map: a hexadecimal map such as \"0x00000000000000ff\" is expected"},
    {"{\"name\": \"x\", \"map\": \"0x12345678123456781\"}", 1, 15,
     "map: a hexadecimal map such as \"0x00000000000000ff\" is expected"},
    {"{\"name\": \"eight888\"}", 1, 2, "name: 8 bytes long; at most 7 are read"},
    {"{\"name\": \"a b\"}", 1, 2, "name: a name of letters, digits and . _ - + / is expected"},
    {"{\"name\": \"\"}", 1, 2, "name: a name of letters, digits and . _ - + / is expected"},
    {"{\"name\": \"x\", \"note\": \"\\u001b[2J\"}", 1, 15,
     "note: control characters are not allowed here"},
    {"[]", 1, 1, "an object {...} is expected"},
    {"", 1, 1, "not JSON: expected a value"},
    {"{\"name\": \"x\",}", 1, 14, "not JSON: expected a string in double quotes"},
    {"{\"name\" \"x\"}", 1, 9, "not JSON: expected \":\" after the field's name"},
    {"{\"name\": \"x\"\n\"on\": true}", 2, 1, "not JSON: expected \",\" or \"}\""},
    {"{\"name\": \"x\"} 1", 1, 15, "not JSON: something follows the end of the document"},
    {"{\"name\": \"x", 1, 12, "not JSON: the string has no end"},
    {"{\"name\": \"\xff\"}", 1, 11, "not JSON: not valid UTF-8"},
    {"{\"name\": \"\xed\xa0\x80\"}", 1, 11, "not JSON: not valid UTF-8"},
    {"{\"name\": \"\\u0000\"}", 1, 17, "not JSON: a string must not contain \\u0000"},
    {"{\"name\": \"\\q\"}", 1, 12, "not JSON: unknown escape in a string"},
    {"{\"name\": \"a\tb\"}", 1, 12, "not JSON: control character in a string"},
    {"{\"small\": 01}", 1, 12, "not JSON: a number must not begin with 0"},
    {"{\"small\": 1.}", 1, 13, "not JSON: expected a digit"},
    {"{\"small\": NaN}", 1, 11, "not JSON: expected a value"},
    {"{\"on\": tru}", 1, 8, "not JSON: expected a value"},
    {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 1, 17,
     "not JSON: nested too deeply (16 levels are read)"},
    {"{\"name\": \"\\ud800\"}", 0, 0, "not JSON: a wrong \\u escape in a string"},
};

static void every_error_names_line_column_and_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct syn_error error = {0};
        struct thing t = {0};
        assert_int_equal(parse(wrongs[i].text, &t, &error), SYN_EINVAL);
        free(t.text);
        assert_string_equal(error.message, wrongs[i].message);
        assert_string_equal(error.file, "thing.json");
        assert_int_equal(error.line, wrongs[i].line);
        assert_int_equal(error.column, wrongs[i].column);
    }
}

static void a_place_deep_inside_is_found(void **state)
{
    (void)state;
    static const char text[] = "{\n  \"layers\": [\n    {\"name\": \"a\"},\n    {\"name\": \"b\",\n"
                               "     \"kernel\": [5, 6]}\n  ]\n}\n";
    struct syn_json *doc;
    struct syn_error error = {0};
    assert_int_equal(syn_json_parse(&doc, text, sizeof text - 1, "m.json", &error), 0);
    const cJSON *layers = syn_json_get(syn_json_root(doc), "layers");
    const cJSON *kernel = syn_json_get(cJSON_GetArrayItem(layers, 1), "kernel");

    assert_int_equal(syn_json_error(doc, kernel, SYN_EINVAL, &error, "no"), SYN_EINVAL);
    assert_string_equal(error.message, "layers[1].kernel: no");
    assert_int_equal(error.line, 5);
    assert_int_equal(error.column, 6);

    syn_json_error(doc, cJSON_GetArrayItem(kernel, 1), SYN_EINVAL, &error, "no");
    assert_string_equal(error.message, "layers[1].kernel[1]: no");
    assert_int_equal(error.line, 5);
    assert_int_equal(error.column, 20);
    syn_json_free(doc);
}

static void an_error_object_is_not_needed(void **state)
{
    (void)state;
    struct thing t = {0};
    assert_int_equal(parse("{\"name\": 1}", &t, NULL), SYN_EINVAL);
    assert_int_equal(parse("{", &t, NULL), SYN_EINVAL);
}

static void text_cut_anywhere_is_refused_with_a_place_inside(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\": [1.5e+3, \"\\u00e9\xc3\xa9\", {\"b\": null}], \"c\": false}";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        struct syn_error error = {0};
        struct syn_json *doc;
        char *cut = malloc(size + 1); /* so that a sanitizer sees a read beyond the end */
        memcpy(cut, text, size);
        assert_int_equal(syn_json_parse(&doc, cut, size, "cut", &error), SYN_EINVAL);
        assert_null(doc);
        assert_int_equal(error.line, 1);
        assert_in_range(error.column, 1, size + 1);
        free(cut);
    }
}

static void too_many_fields_and_too_large_files_are_refused(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_json *doc;
    char *text = malloc(SYN_JSON_FILE_MAX + 1);
    size_t used = 0;
    for (int i = 0; i <= SYN_JSON_MEMBERS_MAX; i++)
        used += (size_t)sprintf(text + used, "%c\"f%d\": 0", i ? ',' : '{', i);
    text[used++] = '}';
    assert_int_equal(syn_json_parse(&doc, text, used, "many", &error), SYN_EINVAL);
    assert_string_equal(error.message, "more than 256 fields");
    memset(text, ' ', SYN_JSON_FILE_MAX + 1);
    assert_int_equal(syn_json_parse(&doc, text, SYN_JSON_FILE_MAX + 1, "big", &error), SYN_EINVAL);
    assert_non_null(strstr(error.message, "at most 4194304 are read"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_reads_every_type),
        cmocka_unit_test(an_absent_field_keeps_its_default),
        cmocka_unit_test(every_error_names_line_column_and_cause),
        cmocka_unit_test(a_place_deep_inside_is_found),
        cmocka_unit_test(an_error_object_is_not_needed),
        cmocka_unit_test(text_cut_anywhere_is_refused_with_a_place_inside),
        cmocka_unit_test(too_many_fields_and_too_large_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
