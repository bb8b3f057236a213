/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/file.h"
#include "devices/profiles/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PROFILES SYN_SOURCE_DIR "/devices/profiles/"
#define FEATHER  PROFILES "max78000-feather.json"
#define GAP9     PROFILES "gap9.json"

static struct syn_parts parts;

static void must_read(struct syn_profile *profile, const char *path)
{
    struct syn_error error = {0};
    if (syn_profile_read(profile, &parts, path, &error) < 0)
        fail_msg("%s:%d:%d: %s", error.file, error.line, error.column, error.message);
}

static void the_feather_has_the_figures_of_the_brief(void **state)
{
    (void)state;
    struct syn_profile p;
    must_read(&p, PROFILES "max78000-feather.json");
    assert_string_equal(p.name, "max78000-feather");
    assert_ptr_equal(p.timing.part, &syn_part_max78000);
    assert_int_equal(p.timing.accel_hz, 50000000);
    assert_int_equal(p.timing.start_ns, 6600);
    assert_int_equal(p.timing.word_ns, 270);
    assert_int_equal(p.timing.configure_layer_ns, 15000);
    assert_int_equal(p.timing.weight_byte_ps, 71300);
    assert_int_equal(p.timing.message_ns, 3750000);
    assert_int_equal(p.timing.byte_ps, 5704918);
    assert_int_equal(p.timing.idle_uw, 9400);
    assert_int_equal(p.timing.active_uw[SYN_UNIT_CPU], 42000);
    assert_int_equal(p.timing.active_uw[SYN_UNIT_ACCEL], 50000);
    assert_int_equal(p.timing.active_uw[SYN_UNIT_RADIO], 15000);
    assert_int_equal(p.timing.arena_bytes, 64 * 1024);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        assert_int_equal(p.timing.skew_permille[u], 1000);
    assert_true(syn_profile_has_sensor(&p, "camera"));
    assert_false(syn_profile_has_sensor(&p, "ppg"));
    assert_int_equal(p.battery_mwh, 0);
    assert_string_equal(p.wear, "");
}

static void every_figure_of_every_profile_has_a_source(void **state)
{
    (void)state;
    static const char *const names[] = {"max78000-feather", "max78000-evkit", "max78002-evkit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct syn_profile p;
        char path[256];
        (void)snprintf(path, sizeof path, PROFILES "%s.json", names[i]);
        must_read(&p, path);
        assert_string_equal(p.name, names[i]);
        assert_int_equal(p.note_count, 15);
        for (unsigned k = 0; k < p.note_count; k++)
            assert_true(p.notes[k].source[0] != '\0');
    }
}

static void a_part_of_another_kind_is_described_by_its_profile(void **state)
{
    (void)state;
    static const char *const names[] = {"gap9", "ethos-u55"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct syn_profile p;
        unsigned of_the_part = 0;
        char path[256];
        (void)snprintf(path, sizeof path, PROFILES "%s.json", names[i]);
        must_read(&p, path);
        assert_ptr_equal(p.timing.part->kind, &syn_part_kind_peak);
        assert_int_equal(p.note_count, 27);
        for (unsigned k = 0; k < p.note_count; k++) {
            of_the_part += p.notes[k].unit != NULL;
            assert_true(p.notes[k].source[0] != '\0');
        }
        assert_int_equal(of_the_part, 12);
    }
}

static void equal_parts_are_one_and_live_as_long_as_their_set(void **state)
{
    (void)state;
    struct syn_parts own = {NULL};
    struct syn_error error = {0};
    struct syn_profile a, b, copy, other;
    assert_int_equal(syn_profile_read(&a, &own, PROFILES "gap9.json", &error), 0);
    assert_int_equal(syn_profile_read(&b, &own, PROFILES "gap9.json", &error), 0);
    assert_int_equal(syn_profile_read(&other, &own, PROFILES "ethos-u55.json", &error), 0);
    copy = a;
    memset(&a, 0, sizeof a);
    assert_ptr_equal(copy.timing.part, b.timing.part);
    assert_ptr_not_equal(copy.timing.part, other.timing.part);
    assert_string_equal(copy.timing.part->name, "GAP9");
    struct syn_part changed = *copy.timing.part;
    changed.peak.layer_cycles++;
    assert_ptr_not_equal(syn_parts_keep(&own, &changed), b.timing.part);
    syn_parts_clear(&own);
    assert_null(own.first);
}

static const struct worn {
    const char *kind, *sensor, *actuator;
    uint32_t battery_mwh;
} worn[] = {
    {"earbud", "microphone", "speaker", 185},
    {"glasses", "camera", "display", 555},
    {"watch", "imu", "haptic", 1110},
    {"ring", "ppg", "led", 74},
};

static void what_is_worn_replaces_what_the_board_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof worn / sizeof *worn; i++) {
        struct syn_profile p;
        struct syn_error error = {0};
        char path[256];
        must_read(&p, PROFILES "max78002-evkit.json");
        (void)snprintf(path, sizeof path, PROFILES "wear/%s.json", worn[i].kind);
        assert_int_equal(syn_profile_wear(&p, path, &error), 0);
        assert_string_equal(p.wear, worn[i].kind);
        assert_string_equal(p.name, "max78002-evkit");
        assert_true(syn_profile_has_sensor(&p, worn[i].sensor));
        assert_true(syn_profile_has_actuator(&p, worn[i].actuator));
        assert_int_equal(p.battery_mwh, worn[i].battery_mwh);
        assert_int_equal(p.note_count, 16);
        assert_int_equal(syn_profile_wear(&p, path, &error), 0);
        assert_int_equal(p.note_count, 16);
    }
}

/* Reads a profile with `old` replaced by `new`. */
static int read_changed(const char *file, const char *old, const char *new, struct syn_error *error)
{
    char path[] = "/tmp/syn-profile-XXXXXX";
    struct syn_profile p;
    void *text;
    size_t size;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(syn_file_read(&text, &size, file, 1 << 16, error), 0);
    char *place = strstr(text, old), *changed = malloc(size + strlen(new) + 1);
    assert_non_null(place);
    int length = sprintf(changed, "%.*s%s%s", (int)(place - (char *)text), (char *)text, new,
                         place + strlen(old));
    assert_int_equal(syn_file_write(path, changed, (size_t)length, error), 0);
    int result = syn_profile_read(&p, &parts, path, error);
    unlink(path);
    free(changed);
    free(text);
    return result;
}

static void wrong_profiles_are_refused_with_place_and_cause(void **state)
{
    (void)state;
    static const struct {
        const char *file, *old, *new;
        int line;
        const char *message;
    } cases[] = {
        {FEATHER, "\"MAX78000\"", "\"MAX78001\"", 6,
         "part: \"MAX78001\" is neither MAX78000 nor MAX78002; an object describes another part"},
        {FEATHER, "\"word_ns\"", "\"wordns\"", 12,
         "figures.wordns: unknown field \"wordns\", did you mean \"word_ns\"?"},
        {FEATHER, "50000000,", "50,", 8,
         "figures.accel_hz.value: 50 is out of range (10000 to 1000000000)"},
        {FEATHER, "\"our choice\"", "\"\"", 21,
         "figures.act_ns.source: every figure says where it comes from"},
        {FEATHER, "synergy-profile/1", "synergy-profile/9", 3,
         "format: \"synergy-profile/9\" cannot be read; \"synergy-profile/1\" is expected"},
        {FEATHER, "\"camera\"", "\"infrared-camera-x\"", 39,
         "sensors[0]: 17 bytes long; at most 15 are read"},
        {FEATHER, "\"camera\"", "1", 39, "sensors[0]: a string is expected"},
        {GAP9, "peak-and-bandwidth", "columns", 8,
         "part.kind: \"columns\" is none of peak-and-bandwidth"},
        {GAP9, "\"GAP9\"", "\"MAX78000\"", 7,
         "part.name: \"MAX78000\" is built in: write \"part\": \"MAX78000\""},
        {GAP9, "\"value\": 8000", "\"value\": 0", 20,
         "part.figures.weight_bytes_per_kcycle.value: 0 is out of range (1 to 1000000000)"},
        {GAP9, "\"layer_cycles\"", "\"cycles\"", 24,
         "part.figures.cycles: unknown field \"cycles\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct syn_error error = {0};
        assert_int_equal(read_changed(cases[i].file, cases[i].old, cases[i].new, &error),
                         SYN_EINVAL);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.line, cases[i].line);
    }
}

static void kinds_are_parsed_from_a_list(void **state)
{
    (void)state;
    char kinds[SYN_KINDS_MAX][SYN_KIND_MAX];
    assert_int_equal(syn_kinds_parse(kinds, "camera,imu"), 2);
    assert_string_equal(kinds[0], "camera");
    assert_string_equal(kinds[1], "imu");
    assert_int_equal(syn_kinds_parse(kinds, ""), 0);
    assert_int_equal(syn_kinds_parse(kinds, "a,b,c,d,e,f,g,h"), 8);
    assert_int_equal(syn_kinds_parse(kinds, "a,b,c,d,e,f,g,h,i"), SYN_EINVAL);
    assert_int_equal(syn_kinds_parse(kinds, "a,,b"), SYN_EINVAL);
    assert_int_equal(syn_kinds_parse(kinds, "a,"), SYN_EINVAL);
    assert_int_equal(syn_kinds_parse(kinds, "a b"), SYN_EINVAL);
    assert_int_equal(syn_kinds_parse(kinds, "sixteen-letters1"), SYN_EINVAL);
}

static void skew_changes_the_units_that_are_named(void **state)
{
    (void)state;
    struct syn_profile p;
    struct syn_error error = {0};
    must_read(&p, PROFILES "max78000-feather.json");
    assert_int_equal(syn_profile_skew(&p.timing, "accel=0.8,radio=1.2", &error), 0);
    assert_int_equal(p.timing.skew_permille[SYN_UNIT_ACCEL], 800);
    assert_int_equal(p.timing.skew_permille[SYN_UNIT_RADIO], 1200);
    assert_int_equal(p.timing.skew_permille[SYN_UNIT_CPU], 1000);
}

static void a_wrong_skew_changes_nothing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"cpu=0.5,acel=2", "\"acel\" is no unit (sensor, cpu, accel, radio)"},
        {"cpu=0.5,accel", "\"accel\": UNIT=FACTOR is expected, as in accel=0.8"},
        {"cpu=0.5,accel=x", "accel=x: a factor from 0.1 to 10 is expected"},
        {"cpu=0.5,accel=0", "accel=0: a factor from 0.1 to 10 is expected"},
        {"cpu=0.5,accel=nan", "accel=nan: a factor from 0.1 to 10 is expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct syn_timing t = {.skew_permille = {1000, 1000, 1000, 1000}};
        struct syn_error error = {0};
        assert_int_equal(syn_profile_skew(&t, cases[i][0], &error), SYN_EINVAL);
        assert_string_equal(error.message, cases[i][1]);
        assert_int_equal(t.skew_permille[SYN_UNIT_CPU], 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_feather_has_the_figures_of_the_brief),
        cmocka_unit_test(every_figure_of_every_profile_has_a_source),
        cmocka_unit_test(a_part_of_another_kind_is_described_by_its_profile),
        cmocka_unit_test(equal_parts_are_one_and_live_as_long_as_their_set),
        cmocka_unit_test(what_is_worn_replaces_what_the_board_has),
        cmocka_unit_test(wrong_profiles_are_refused_with_place_and_cause),
        cmocka_unit_test(kinds_are_parsed_from_a_list),
        cmocka_unit_test(skew_changes_the_units_that_are_named),
        cmocka_unit_test(a_wrong_skew_changes_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    syn_parts_clear(&parts);
    return failed;
}
