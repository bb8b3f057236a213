/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pixels and samples folded into channels. */
#include "devices/base/fold.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_picture_of_one_channel_becomes_four(void **state)
{
    (void)state;
    static const int8_t picture[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const int8_t expected[16] = {0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15};
    const struct syn_fold fold = {.by = 2, .channels = 1, .width = 4};
    int8_t folded[16];
    assert_true(syn_fold_fits(&fold, 16));
    syn_fold_window(&fold, 16, picture, folded);
    assert_memory_equal(folded, expected, 16);
}

static void every_pixel_is_where_its_square_and_its_place_in_it_say(void **state)
{
    (void)state;
    enum { CHANNELS = 3, HIGH = 12, WIDE = 18, BYTES = CHANNELS * HIGH * WIDE };
    static int8_t picture[BYTES], folded[BYTES];
    uint64_t seed = 1;
    for (unsigned i = 0; i < BYTES; i++)
        picture[i] = (int8_t)syn_splitmix64(&seed);
    for (unsigned by = 1; by <= 6; by++) {
        const struct syn_fold fold = {.by = (uint8_t)by, .channels = CHANNELS, .width = WIDE};
        const unsigned high = HIGH / by, wide = WIDE / by;
        assert_int_equal(syn_fold_fits(&fold, BYTES), HIGH % by == 0 && WIDE % by == 0);
        if (!syn_fold_fits(&fold, BYTES))
            continue;
        syn_fold_window(&fold, BYTES, picture, folded);
        for (unsigned c = 0; c < CHANNELS; c++)
            for (unsigned y = 0; y < HIGH; y++)
                for (unsigned x = 0; x < WIDE; x++) {
                    const unsigned to = ((y % by) * by + x % by) * CHANNELS + c;
                    assert_int_equal(folded[(to * high + y / by) * wide + x / by],
                                     picture[(c * HIGH + y) * WIDE + x]);
                }
    }
}

static void consecutive_samples_of_sound_become_the_channels_of_one_step(void **state)
{
    (void)state;
    static const int8_t mono[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const int8_t expected[12] = {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11};
    const struct syn_fold fold = {.by = 4, .channels = 1, .width = 1};
    int8_t folded[12];
    assert_true(syn_fold_fits(&fold, 12));
    syn_fold_window(&fold, 12, mono, folded);
    assert_memory_equal(folded, expected, 12);
}

static void samples_of_several_channels_stay_with_their_channel(void **state)
{
    (void)state;
    static const int8_t stereo[12] = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
    static const int8_t expected[12] = {0, 3, 10, 13, 1, 4, 11, 14, 2, 5, 12, 15};
    const struct syn_fold fold = {.by = 3, .channels = 2, .width = 1};
    int8_t folded[12];
    assert_true(syn_fold_fits(&fold, 12));
    syn_fold_window(&fold, 12, stereo, folded);
    assert_memory_equal(folded, expected, 12);
}

static void what_is_not_made_of_squares_does_not_fit(void **state)
{
    (void)state;
    static const struct {
        struct syn_fold fold;
        size_t bytes;
        bool fits;
    } cases[] = {
        {{0, 0, 0}, 5, true},         {{1, 0, 0}, 5, true},
        {{2, 1, 28}, 784, true},      {{2, 1, 27}, 756, false},
        {{2, 1, 28}, 28 * 27, false}, {{2, 0, 28}, 784, false},
        {{2, 1, 0}, 784, false},      {{2, 1, 28}, 0, false},
        {{2, 1, 28}, 783, false},     {{17, 1, 17}, 289, false},
        {{16, 1, 16}, 256, true},     {{2, 65535, 65534}, 4, false},
        {{128, 1, 1}, 16384, true},   {{128, 1, 1}, 16000 - 1, false},
        {{255, 1, 1}, 255, true},     {{128, 2, 1}, 128, false},
        {{3, 0, 1}, 3, false},        {{128, 1, 128}, 16384, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(syn_fold_fits(&cases[i].fold, cases[i].bytes), cases[i].fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_of_one_channel_becomes_four),
        cmocka_unit_test(every_pixel_is_where_its_square_and_its_place_in_it_say),
        cmocka_unit_test(consecutive_samples_of_sound_become_the_channels_of_one_step),
        cmocka_unit_test(samples_of_several_channels_stay_with_their_channel),
        cmocka_unit_test(what_is_not_made_of_squares_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
