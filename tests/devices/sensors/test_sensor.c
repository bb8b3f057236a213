/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/sensors/sensor.h"

static char folder[] = "/tmp/syn-sensors-XXXXXX";
static char path[128];
static char why[200];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* Writes a file, opens it as a sensor, removes it again. */
static int open_bytes(struct syn_sensor_file **file, const char *name, const void *bytes,
                      size_t size)
{
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    why[0] = 0;
    int rc = syn_sensor_open(file, path, why, sizeof why);
    (void)unlink(path);
    return rc;
}

static struct syn_sensor_file *good(const char *name, const void *bytes, size_t size)
{
    struct syn_sensor_file *file;
    if (open_bytes(&file, name, bytes, size))
        fail_msg("%s", why);
    return file;
}

static void bad(const char *name, const void *bytes, size_t size, const char *words)
{
    struct syn_sensor_file *file;
    assert_int_equal(open_bytes(&file, name, bytes, size), SYN_ECORRUPT);
    assert_null(file);
    if (!strstr(why, words))
        fail_msg("expected '%s' in '%s'", words, why);
    assert_non_null(strstr(why, name));
}

#define TEXT(s) (s), sizeof(s) - 1

static const uint8_t idx[] = {0, 0, 8, 3, 0, 0,   0,   2,   0,  0,  0,  2,
                              0, 0, 0, 2, 0, 127, 128, 255, 10, 20, 30, 40};

static void idx_pictures_are_windows_around_zero(void **state)
{
    static const int8_t first[] = {-128, -1, 0, 127}, second[] = {-118, -108, -98, -88};
    struct syn_sensor_file *f = good("a.idx", idx, sizeof idx);
    int8_t window[4];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 4), 2);
    assert_int_equal(syn_sensor_windows(f, 12), 0);
    assert_int_equal(syn_sensor_windows(f, 0), 2);
    assert_int_equal(syn_sensor_window(f, 0, 4, window), 0);
    assert_memory_equal(window, first, 4);
    assert_int_equal(syn_sensor_window(f, 1, 4, window), 0);
    assert_memory_equal(window, second, 4);
    assert_int_equal(syn_sensor_window(f, UINT64_C(1) << 60, 4, window), 0);
    assert_memory_equal(window, first, 4);
    assert_int_equal(syn_sensor_window(f, 0, 5, window), SYN_EINVAL);
    syn_sensor_close(f);
}

static void idx_that_lies_about_its_size_is_refused(void **state)
{
    static const uint8_t huge[] = {0,    0,    8,    3,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,    2,    3,    4};
    uint8_t copy[sizeof idx];
    (void)state;
    for (size_t size = 2; size < sizeof idx; size++)
        bad("cut.idx", idx, size, size < 16 ? "cut off" : "do not match");
    bad("huge.idx", huge, sizeof huge, "4294967295 pictures of 4294967295x4294967295 do not match");
    memcpy(copy, idx, sizeof idx);
    copy[7] = 3; /* little endian counts would look like this, too */
    bad("count.idx", copy, sizeof copy, "do not match its 8 bytes");
    memcpy(copy, idx, sizeof idx);
    copy[11] = 0;
    bad("empty.idx", copy, sizeof copy, "holds no pictures");
    memcpy(copy, idx, sizeof idx);
    copy[2] = 0x0d;
    bad("float.idx", copy, sizeof copy, "type 0x0d");
    memcpy(copy, idx, sizeof idx);
    copy[3] = 1;
    bad("labels.idx", copy, sizeof copy, "1 dimensions");
}

static void a_gray_picture_is_one_window(void **state)
{
    static const int8_t want[] = {-128, -127, -28};
    struct syn_sensor_file *f = good("a.pgm", TEXT("P5 # made by hand\n# 3 by 1\n3 1\n255\n\0\1d"));
    int8_t window[3];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 3), 1);
    assert_int_equal(syn_sensor_window(f, 9, 3, window), 0);
    assert_memory_equal(window, want, 3);
    syn_sensor_close(f);
}

static void a_colour_picture_becomes_planes(void **state)
{
    static const int8_t want[] = {'a' - 128, 'd' - 128, 'b' - 128, 'e' - 128, 'c' - 128, 'f' - 128};
    struct syn_sensor_file *f = good("a.ppm", TEXT("P6\n2 1\n255\nabcdef"));
    int8_t window[6];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 2), 0);
    assert_int_equal(syn_sensor_window(f, 0, 6, window), 0);
    assert_memory_equal(window, want, 6);
    syn_sensor_close(f);
}

static void pictures_that_are_damaged_are_refused(void **state)
{
    (void)state;
    bad("a.pgm", TEXT("P5 2 2 255\nabc"), "2x2 pixels need 4 bytes, 3 are there");
    bad("a.pgm", TEXT("P5 2 2 255\nabcde"), "2x2 pixels need 4 bytes, 5 are there");
    bad("a.ppm", TEXT("P6 99999 99999 255\nabc"), "29999400003 bytes");
    bad("a.pgm", TEXT("P5 2 2 65535\nabcdefgh"), "values up to 65535, 255 is needed");
    bad("a.pgm", TEXT("P5 2 0 255\n"), "the header does not give");
    bad("a.pgm", TEXT("P5"), "the header does not give");
    bad("a.pgm", TEXT("P5 2 2 # comment without end"), "the header does not give");
    bad("a.pgm", TEXT("P5 2 2 255"), "the header does not give");
    bad("a.pgm", TEXT("P5 two by two"), "the header does not give");
}

#define WAV_RATE(format, channels, rate, bits)                                                     \
    "RIFF\x34\0\0\0WAVE"                                                                           \
    "LIST\x03\0\0\0abc\0"                                                                          \
    "fmt \x10\0\0\0" format "\0" channels "\0" rate "\0\0\0\x7d\0\0\2\0" bits "\0"
#define WAV_HEAD(format, channels, bits) WAV_RATE(format, channels, "\x80\x3e", bits)
#define WAV(format, channels, bits)      WAV_HEAD(format, channels, bits) "data\x08\0\0\0"

static void sound_is_cut_into_windows_of_consecutive_samples(void **state)
{
    static const int8_t want[] = {127, -128};
    struct syn_sensor_file *f =
        good("a.wav", TEXT(WAV("\1", "\1", "\20") "\0\1\xff\xff\xff\x7f\0\x80"));
    int8_t window[4];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 1), 4);
    assert_int_equal(syn_sensor_windows(f, 2), 2);
    assert_int_equal(syn_sensor_windows(f, 3), 1);
    assert_int_equal(syn_sensor_window(f, 3, 2, window), 0);
    assert_memory_equal(window, want, 2);
    assert_int_equal(syn_sensor_window(f, 0, 2, window), 0);
    assert_int_equal(window[0], 1);
    assert_int_equal(window[1], 0); /* -1 / 256 */
    syn_sensor_close(f);
}

static void behind_a_sound_that_is_too_short_there_is_silence(void **state)
{
    static const int8_t want[] = {1, 0, 127, -128, 0, 0};
    struct syn_sensor_file *f =
        good("a.wav", TEXT(WAV("\1", "\1", "\20") "\0\1\xff\xff\xff\x7f\0\x80"));
    int8_t window[6];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 6), 1);
    assert_int_equal(syn_sensor_window(f, 7, 6, window), 0);
    assert_memory_equal(window, want, 6);
    assert_null(syn_sensor_label(f, 0));
    syn_sensor_close(f);
}

/* A WAV file below the folder; the words of folder and name stand one after the other. */
static void put_sound(const char *name, const char *bytes, size_t size)
{
    char file[160];
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    char *slash = strrchr(file, '/');
    *slash = 0;
    (void)mkdir(file, 0700);
    *slash = '/';
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void remove_sound(const char *name)
{
    char file[160];
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    assert_int_equal(unlink(file), 0);
    *strrchr(file, '/') = 0;
    if (strcmp(file, folder) != 0)
        (void)rmdir(file);
}

static void labels_of_a_folder_take_turns(void **state)
{
    static const struct {
        const char *name, *label;
        int8_t first;
    } sounds[] = {{"no/a.wav", "no", 2},
                  {"yes/1.WAV", "yes", 4},
                  {"no/b.wav", "no", 3},
                  {"yes/2.wav", "yes", 5},
                  {"yes/3.wav", "yes", 6}};
    enum { SOUNDS = sizeof sounds / sizeof sounds[0] };
    struct syn_sensor_file *f;
    char bytes[] = WAV("\1", "\1", "\20") "\0\1\0\1\0\1\0\1";
    int8_t window[6];
    (void)state;
    for (size_t i = 0; i < SOUNDS; i++) {
        bytes[sizeof bytes - 8] = sounds[i].first;
        put_sound(sounds[i].name, bytes, sizeof bytes - 1);
    }
    put_sound("yes/README", TEXT("no sound"));
    assert_int_equal(syn_sensor_open(&f, folder, why, sizeof why), 0);
    assert_int_equal(syn_sensor_windows(f, 0), SOUNDS);
    assert_int_equal(syn_sensor_windows(f, 6), SOUNDS);
    for (size_t i = 0; i < 2 * SOUNDS; i++) {
        assert_int_equal(syn_sensor_window(f, i, 6, window), 0);
        assert_int_equal(window[0], sounds[i % SOUNDS].first);
        assert_int_equal(window[5], 0);
        assert_string_equal(syn_sensor_label(f, i), sounds[i % SOUNDS].label);
    }
    syn_sensor_close(f);
    remove_sound("yes/README");
    for (size_t i = 0; i < SOUNDS; i++)
        remove_sound(sounds[i].name);
}

static void of_a_long_sound_in_a_folder_the_loudest_part_is_heard(void **state)
{
    static const int8_t want[] = {-128, 127};
    struct syn_sensor_file *f;
    int8_t window[2];
    (void)state;
    put_sound("a.wav", TEXT(WAV("\1", "\1", "\20") "\0\1\0\x80\xff\x7f\0\2"));
    assert_int_equal(syn_sensor_open(&f, folder, why, sizeof why), 0);
    assert_int_equal(syn_sensor_windows(f, 2), 1);
    assert_int_equal(syn_sensor_window(f, 0, 2, window), 0);
    assert_memory_equal(window, want, 2);
    assert_null(syn_sensor_label(f, 0));
    syn_sensor_close(f);
    remove_sound("a.wav");
}

static void what_is_wrong_with_a_folder_is_told(void **state)
{
    struct syn_sensor_file *f;
    int8_t window[2];
    (void)state;
    assert_int_equal(syn_sensor_open(&f, folder, why, sizeof why), SYN_ECORRUPT);
    assert_non_null(strstr(why, "a folder without sounds"));
    put_sound("up/a.wav", TEXT("RIFF, I am not"));
    put_sound("up/b.wav", TEXT("P5 1 1 255\na"));
    assert_int_equal(syn_sensor_open(&f, folder, why, sizeof why), 0);
    assert_int_equal(syn_sensor_window_or_why(f, 0, 2, window, why, sizeof why), SYN_ECORRUPT);
    assert_non_null(strstr(why, "up/a.wav: RIFF, but no WAVE"));
    assert_int_equal(syn_sensor_window_or_why(f, 1, 2, window, why, sizeof why), SYN_ECORRUPT);
    assert_non_null(strstr(why, "up/b.wav: no WAV file"));
    remove_sound("up/b.wav");
    remove_sound("up/a.wav");
    assert_int_equal(syn_sensor_window(f, 0, 2, window), SYN_ENOENT);
    syn_sensor_close(f);
}

static void sound_of_another_kind_is_refused(void **state)
{
    (void)state;
    bad("a.wav", TEXT(WAV("\2", "\1", "\20") "abcdefgh"), "compressed");
    bad("a.wav", TEXT(WAV("\1", "\2", "\20") "abcdefgh"), "2 channels, mono is needed");
    bad("a.wav", TEXT(WAV("\1", "\1", "\10") "abcdefgh"), "8 bits a sample");
    bad("a.wav", TEXT(WAV_RATE("\1", "\1", "\x44\xac", "\20") "abcdefgh"),
        "44100 samples a second, 16000 are needed");
    bad("a.wav", TEXT(WAV("\1", "\1", "\20") "abcdefg"), "cut off");
    bad("a.wav", TEXT(WAV_HEAD("\1", "\1", "\20")), "cut off");
    bad("a.wav", TEXT("RIFF\0\0\0\0WAVE"), "without its format");
    bad("a.wav", TEXT("RIFF\0\0\0\0AVI "), "no WAVE");
    bad("a.wav", TEXT("RIFF"), "no WAVE");
    bad("a.wav", TEXT("RIFF\0\0\0\0WAVExxxx\xff\xff\xff\xff"), "without its format");
}

static void rows_of_a_table_are_windows(void **state)
{
    static const int8_t want[] = {-128, 0, 127};
    struct syn_sensor_file *f = good("a.csv", TEXT("1,2,3\r\n\n -128 ,+0,\t127 \n7,8,9"));
    int8_t window[3];
    (void)state;
    assert_int_equal(syn_sensor_windows(f, 3), 3);
    assert_int_equal(syn_sensor_window(f, 1, 3, window), 0);
    assert_memory_equal(window, want, 3);
    assert_int_equal(syn_sensor_window(f, 5, 3, window), 0);
    assert_int_equal(window[2], 9);
    syn_sensor_close(f);
}

static void tables_that_are_none_say_which_line(void **state)
{
    (void)state;
    bad("a.csv", TEXT("1,2\n3,128\n"), "line 2: integers from -128 to 127");
    bad("a.csv", TEXT("1,2\n3,-129\n"), "line 2: integers");
    bad("a.csv", TEXT("1,2\n\n3,99999999999999999999\n"), "line 3: integers");
    bad("a.csv", TEXT("x,y\n1,2\n"), "line 1: integers");
    bad("a.csv", TEXT("1,2,\n"), "line 1: integers");
    bad("a.csv", TEXT("1.5\n"), "line 1: integers");
    bad("a.csv", TEXT("1 2\n"), "line 1: integers");
    bad("a.csv", TEXT("-"), "line 1: integers");
    bad("a.csv", TEXT("1,2\n3\n"), "line 2: 1 numbers, the rows before have 2");
    bad("a.csv", TEXT(""), "holds no rows");
    bad("a.csv", TEXT("\n\n"), "holds no rows");
}

/* "0,-1,127\n" packed by gzip -9n. */
static void a_packed_file_is_read_like_a_plain_one(void **state)
{
    static const uint8_t packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                     0x33, 0xd0, 0xd1, 0x35, 0xd4, 0x31, 0x34, 0x32, 0xe7, 0x02,
                                     0x00, 0x24, 0x0a, 0x36, 0x1c, 0x09, 0x00, 0x00, 0x00};
    int8_t window[3];
    (void)state;
    struct syn_sensor_file *file = good("a.csv.gz", packed, sizeof packed);
    assert_int_equal(syn_sensor_windows(file, 3), 1);
    assert_int_equal(syn_sensor_window(file, 0, 3, window), 0);
    assert_int_equal(window[1], -1);
    assert_int_equal(window[2], 127);
    syn_sensor_close(file);
}

static void what_is_no_sensor_file_says_so(void **state)
{
    struct syn_sensor_file *file;
    (void)state;
    bad("a.txt", TEXT("some text"), "neither IDX, PGM, PPM, WAV nor .csv");
    bad("a.bin", TEXT(""), "neither IDX");
    bad("a.idx", TEXT("\x1f\x8b\x08"), "cannot be read to its end");
    assert_int_equal(syn_sensor_open(&file, "/nowhere/a.idx", why, sizeof why), SYN_ENOENT);
    assert_non_null(strstr(why, "/nowhere/a.idx: No such file"));
    assert_int_equal(syn_sensor_open(&file, "/dev/null", why, sizeof why), SYN_EIO);
    assert_non_null(strstr(why, "not a file"));
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(syn_sensor_open(&file, path, why, sizeof why), SYN_EIO);
    (void)unlink(path);
    syn_sensor_close(NULL);
}

static void seeded_windows_are_the_same_everywhere_and_differ_by_kind_and_index(void **state)
{
    int8_t a[100], b[100], whole[100];
    (void)state;
    syn_sensor_seeded("camera", 5, 100, whole);
    syn_sensor_seeded("camera", 5, 97, a);
    assert_memory_equal(a, whole, 97);
    syn_sensor_seeded("camera", 6, 100, b);
    assert_memory_not_equal(b, whole, 100);
    syn_sensor_seeded("imu", 5, 100, b);
    assert_memory_not_equal(b, whole, 100);
}

static void every_cut_and_every_flipped_byte_is_borne(void **state)
{
    static const char wav[] = WAV("\1", "\1", "\20") "abcdefgh";
    const struct {
        const char *name;
        const void *bytes;
        size_t size;
    } files[] = {{"f.idx", idx, sizeof idx},
                 {"f.wav", wav, sizeof wav - 1},
                 {"f.ppm", TEXT("P6\n2 1\n255\nabcdef")},
                 {"f.csv", TEXT("1,-2\n3,4\n")}};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (size_t at = 0; at < files[i].size; at++) {
            uint8_t copy[128];
            struct syn_sensor_file *file;
            int8_t window[128];
            memcpy(copy, files[i].bytes, files[i].size);
            copy[at] ^= 0xa5;
            for (size_t size = at; size <= files[i].size; size += files[i].size - at) {
                if (open_bytes(&file, files[i].name, copy, size) == 0)
                    for (size_t n = 1; n < 16; n++)
                        (void)syn_sensor_window(file, 1, n, window);
                else
                    assert_true(why[0] != 0);
                syn_sensor_close(file);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_pictures_are_windows_around_zero),
        cmocka_unit_test(idx_that_lies_about_its_size_is_refused),
        cmocka_unit_test(a_gray_picture_is_one_window),
        cmocka_unit_test(a_colour_picture_becomes_planes),
        cmocka_unit_test(pictures_that_are_damaged_are_refused),
        cmocka_unit_test(sound_is_cut_into_windows_of_consecutive_samples),
        cmocka_unit_test(behind_a_sound_that_is_too_short_there_is_silence),
        cmocka_unit_test(labels_of_a_folder_take_turns),
        cmocka_unit_test(of_a_long_sound_in_a_folder_the_loudest_part_is_heard),
        cmocka_unit_test(what_is_wrong_with_a_folder_is_told),
        cmocka_unit_test(sound_of_another_kind_is_refused),
        cmocka_unit_test(rows_of_a_table_are_windows),
        cmocka_unit_test(tables_that_are_none_say_which_line),
        cmocka_unit_test(a_packed_file_is_read_like_a_plain_one),
        cmocka_unit_test(what_is_no_sensor_file_says_so),
        cmocka_unit_test(seeded_windows_are_the_same_everywhere_and_differ_by_kind_and_index),
        cmocka_unit_test(every_cut_and_every_flipped_byte_is_borne),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
