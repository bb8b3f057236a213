/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "devices/wire/crc16.h"
#include "devices/wire/frame.h"

enum { MAX_MESSAGE = 1024, STREAM = 8192 };

/* A receiver and a diary of what it handed out: "C<size> ", "B<size> " and "'text' ". */
struct ear {
    struct syn_frame_receiver in;
    uint8_t buffer[MAX_MESSAGE + SYN_FRAME_OVERHEAD];
    char line[64];
    char diary[2048];
    uint8_t last[MAX_MESSAGE];
    size_t last_size;
    unsigned messages;
};

static void note_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct ear *e = ctx;
    size_t n = strlen(e->diary);
    (void)snprintf(e->diary + n, sizeof e->diary - n, "%c%zu ",
                   framing == SYN_FRAMING_COBS ? 'B' : 'C', size);
    memcpy(e->last, data, size);
    e->last_size = size;
    e->messages++;
}

static void note_text(void *ctx, const char *line, size_t size)
{
    struct ear *e = ctx;
    size_t n = strlen(e->diary);
    (void)snprintf(e->diary + n, sizeof e->diary - n, "'%.*s' ", (int)size, line);
}

static void ear_init(struct ear *e)
{
    struct syn_frame_events events = {note_message, note_text, e};
    memset(e, 0, sizeof *e);
    syn_frame_receiver_init(&e->in, &events, e->buffer, sizeof e->buffer, e->line, sizeof e->line);
}

static void hear(struct ear *e, const void *data, size_t size)
{
    syn_frame_feed(&e->in, data, size, 1);
}

static void hear_text(struct ear *e, const char *s)
{
    hear(e, s, strlen(s));
}

static void fill(uint8_t *to, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245u + 12345u;
        to[i] = (seed >> 16 & 7) == 0 ? 0 : (uint8_t)(seed >> 20);
    }
}

static void the_check_value_of_the_crc(void **state)
{
    (void)state;
    assert_int_equal(syn_crc16(0, "123456789", 9), 0x31c3);
    assert_int_equal(syn_crc16(syn_crc16(0, "1234", 4), "56789", 5), 0x31c3);
}

static void golden_vectors_of_the_console_framing(void **state)
{
    static const uint8_t echo[] = {0x0a, 0,   0,    9,   0,   0,   0x42, 0,  0xa1,
                                   0x61, 'd', 0x65, 'h', 'e', 'l', 'l',  'o'};
    uint8_t out[64];
    (void)state;
    int n = syn_frame_encode(SYN_FRAMING_CONSOLE, echo, sizeof echo, out, sizeof out);
    assert_int_equal(n, 2 + 28 + 1);
    assert_memory_equal(out + 2, "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n", 29);
}

static void golden_vectors_are_received(void **state)
{
    static const uint8_t params[] = {0x08, 0, 0, 1, 0, 0, 0, 6, 0xa0};
    struct ear e;
    (void)state;
    ear_init(&e);
    hear_text(&e, "\x06\x09"
                  "AAsIAAABAAAABqBzEw==\n");
    assert_string_equal(e.diary, "C9 ");
    assert_memory_equal(e.last, params, sizeof params);
    uint8_t out[64];
    int n = syn_frame_encode(SYN_FRAMING_CONSOLE, params, sizeof params, out, sizeof out);
    assert_int_equal(n, 23);
    assert_memory_equal(out,
                        "\x06\x09"
                        "AAsIAAABAAAABqBzEw==\n",
                        23);
}

static void golden_vectors_of_cobs(void **state)
{
    static const uint8_t message[] = {0x11, 0x00, 0x22};
    static const uint8_t want[] = {0, 2, 0x11, 4, 0x22, 0x70, 0x73, 0};
    uint8_t out[16];
    (void)state;
    assert_int_equal(syn_frame_encode(SYN_FRAMING_COBS, message, 3, out, sizeof out), sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static void every_size_survives_both_framings(void **state)
{
    static uint8_t message[MAX_MESSAGE], out[2 * MAX_MESSAGE];
    (void)state;
    for (unsigned framing = 0; framing < 2; framing++)
        for (size_t size = 1; size <= MAX_MESSAGE; size += size < 300 ? 1 : 61) {
            struct ear e;
            ear_init(&e);
            fill(message, size, (unsigned)size);
            if (size % 3 == 0)
                memset(message, size % 2 ? 0 : 0xff, size);
            int n = syn_frame_encode(framing, message, size, out, sizeof out);
            assert_true(n > 0 && (size_t)n <= syn_frame_bound(framing, size));
            hear(&e, out, (size_t)n);
            assert_int_equal(e.messages, 1);
            assert_int_equal(e.last_size, size);
            assert_memory_equal(e.last, message, size);
            assert_int_equal(e.in.bad, 0);
        }
}

static int check_line(void *ctx, const uint8_t *data, size_t size)
{
    size_t *longest = ctx;
    assert_int_equal(data[size - 1], '\n');
    *longest = size > *longest ? size : *longest;
    return 0;
}

static void console_lines_are_at_most_127_bytes(void **state)
{
    uint8_t message[600];
    size_t longest = 0;
    (void)state;
    fill(message, sizeof message, 3);
    assert_int_equal(
        syn_frame_send(SYN_FRAMING_CONSOLE, message, sizeof message, check_line, &longest), 0);
    assert_int_equal(longest, 127);
}

static void sending_ends_with_the_error_of_the_writer(void **state)
{
    uint8_t message[400] = {1}, out[100];
    (void)state;
    for (unsigned framing = 0; framing < 2; framing++)
        assert_int_equal(syn_frame_encode(framing, message, sizeof message, out, sizeof out),
                         SYN_ENOMEM);
}

/* Text, console frames of one and of many lines, text between lines, COBS frames: one stream. */
static size_t mixed_stream(uint8_t *to)
{
    static uint8_t message[300];
    size_t n = 0;
#define ADD_TEXT(s) (memcpy(to + n, s, strlen(s)), n += strlen(s))
#define ADD_FRAME(framing, size)                                                                   \
    (fill(message, size, size),                                                                    \
     n += (size_t)syn_frame_encode(framing, message, size, to + n, STREAM - n))
    ADD_TEXT("boot ok\r\n\r\n");
    ADD_FRAME(SYN_FRAMING_CONSOLE, 9);
    ADD_FRAME(SYN_FRAMING_COBS, 300);
    ADD_TEXT("half");
    ADD_FRAME(SYN_FRAMING_COBS, 20);
    ADD_TEXT(" line\n");
    ADD_FRAME(SYN_FRAMING_CONSOLE, 300);
    ADD_FRAME(SYN_FRAMING_COBS, 21);
    ADD_FRAME(SYN_FRAMING_COBS, 22);
    ADD_TEXT("uart:~$ ");
    ADD_FRAME(SYN_FRAMING_CONSOLE, 91);
    ADD_TEXT("end\n");
    return n;
}

static const char mixed_diary[] =
    "'boot ok' C9 B300 B20 'half line' C300 B21 B22 'uart:~$ ' C91 'end' ";

static void one_stream_carries_text_and_both_framings(void **state)
{
    static uint8_t stream[STREAM];
    struct ear e;
    (void)state;
    size_t n = mixed_stream(stream);
    ear_init(&e);
    hear(&e, stream, n);
    assert_string_equal(e.diary, mixed_diary);
}

static void a_stream_split_at_every_byte_means_the_same(void **state)
{
    static uint8_t stream[STREAM];
    struct ear e;
    (void)state;
    size_t n = mixed_stream(stream);
    for (size_t cut = 0; cut <= n; cut++) {
        ear_init(&e);
        hear(&e, stream, cut);
        hear(&e, stream + cut, n - cut);
        assert_string_equal(e.diary, mixed_diary);
    }
    ear_init(&e);
    for (size_t i = 0; i < n; i++)
        hear(&e, stream + i, 1);
    assert_string_equal(e.diary, mixed_diary);
}

static void text_between_the_lines_of_a_frame_is_handed_out(void **state)
{
    uint8_t message[150], out[256];
    struct ear e;
    (void)state;
    fill(message, sizeof message, 5);
    int n = syn_frame_encode(SYN_FRAMING_CONSOLE, message, sizeof message, out, sizeof out);
    ear_init(&e);
    hear(&e, out, 127);
    hear_text(&e, "log in between\n");
    hear(&e, out + 127, (size_t)n - 127);
    assert_string_equal(e.diary, "'log in between' C150 ");
}

static void a_first_line_restarts_and_a_lone_continuation_is_dropped(void **state)
{
    uint8_t message[150], out[256];
    struct ear e;
    (void)state;
    fill(message, sizeof message, 5);
    int n = syn_frame_encode(SYN_FRAMING_CONSOLE, message, sizeof message, out, sizeof out);
    ear_init(&e);
    hear(&e, out + 127, (size_t)n - 127);
    assert_string_equal(e.diary, "");
    hear(&e, out, 127);
    hear(&e, out, (size_t)n);
    assert_string_equal(e.diary, "C150 ");
    assert_int_equal(e.in.bad, 1);
}

static void a_crc_split_over_two_lines_is_accepted(void **state)
{
    /* Groups of another sender, who breaks the line inside the CRC. */
    struct ear e;
    (void)state;
    ear_init(&e);
    hear_text(&e, "\x06\x09"
                  "AAsIAAABAAAABqBz\n"
                  "\x04\x14"
                  "Ew==\n");
    assert_string_equal(e.diary, "C9 ");
}

static void a_frame_that_pauses_too_long_is_given_up(void **state)
{
    uint8_t message[150], out[256];
    (void)state;
    fill(message, sizeof message, 5);
    int n = syn_frame_encode(SYN_FRAMING_CONSOLE, message, sizeof message, out, sizeof out);
    for (int late = 0; late < 2; late++) {
        struct ear e;
        ear_init(&e);
        syn_frame_feed(&e.in, out, 127, 1000);
        syn_frame_feed(&e.in, out + 127, (size_t)n - 127, 1000 + SYN_FRAME_GAP_NS + late);
        assert_string_equal(e.diary, late ? "" : "C150 ");
    }
}

static void a_prompt_without_end_appears_after_the_pause(void **state)
{
    struct ear e;
    (void)state;
    ear_init(&e);
    syn_frame_feed(&e.in, "uart:~$ ", 8, 1000);
    syn_frame_tick(&e.in, 1000);
    assert_string_equal(e.diary, "");
    syn_frame_tick(&e.in, 1001 + SYN_FRAME_GAP_NS);
    assert_string_equal(e.diary, "'uart:~$ ' ");
}

/* Whatever one bit does, a message that comes out is the one that went in. */
static void one_wrong_bit_never_makes_a_wrong_message(void **state)
{
    static uint8_t message[150], out[512];
    (void)state;
    for (unsigned framing = 0; framing < 2; framing++) {
        fill(message, sizeof message, 11 + framing);
        int n = syn_frame_encode(framing, message, sizeof message, out, sizeof out);
        for (size_t bit = 0; bit < (size_t)n * 8; bit++) {
            struct ear e;
            ear_init(&e);
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
            hear(&e, out, (size_t)n);
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (e.messages > 0) {
                assert_int_equal(e.last_size, sizeof message);
                assert_memory_equal(e.last, message, sizeof message);
            }
        }
    }
}

/* After damage of any one byte the second frame that follows, at the latest, is received. */
static void the_receiver_finds_its_feet_after_any_lost_byte(void **state)
{
    static uint8_t message[150], out[512], after[512];
    (void)state;
    for (unsigned framing = 0; framing < 2; framing++) {
        fill(message, sizeof message, 21);
        int n = syn_frame_encode(framing, message, sizeof message, out, sizeof out);
        int m = syn_frame_encode(framing, message, 70, after, sizeof after);
        for (size_t lost = 0; lost < (size_t)n; lost++) {
            struct ear e;
            ear_init(&e);
            hear(&e, out, lost);
            hear(&e, out + lost + 1, (size_t)n - lost - 1);
            hear(&e, after, (size_t)m);
            hear(&e, after, (size_t)m);
            assert_true(e.messages > 0);
            assert_int_equal(e.last_size, 70);
            assert_memory_equal(e.last, message, 70);
        }
    }
}

static void text_after_a_lost_delimiter_does_not_invert_the_frames(void **state)
{
    uint8_t message[40], out[64];
    struct ear e;
    (void)state;
    fill(message, sizeof message, 2);
    int n = syn_frame_encode(SYN_FRAMING_COBS, message, sizeof message, out, sizeof out);
    ear_init(&e);
    hear(&e, out + 1, (size_t)n - 1);
    for (int i = 0; i < 3; i++) {
        hear_text(&e, "a line of the log\n");
        hear(&e, out, (size_t)n);
    }
    assert_int_equal(e.messages, 3);
}

static void a_message_longer_than_the_buffer_is_dropped(void **state)
{
    static uint8_t message[MAX_MESSAGE + 1], out[2 * MAX_MESSAGE];
    (void)state;
    fill(message, sizeof message, 9);
    for (unsigned framing = 0; framing < 2; framing++) {
        struct ear e;
        ear_init(&e);
        int n = syn_frame_encode(framing, message, sizeof message, out, sizeof out);
        hear(&e, out, (size_t)n);
        assert_int_equal(e.messages, 0);
        assert_true(e.in.bad > 0);
        n = syn_frame_encode(framing, message, MAX_MESSAGE, out, sizeof out);
        hear(&e, out, (size_t)n);
        assert_int_equal(e.messages, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_value_of_the_crc),
        cmocka_unit_test(golden_vectors_of_the_console_framing),
        cmocka_unit_test(golden_vectors_are_received),
        cmocka_unit_test(golden_vectors_of_cobs),
        cmocka_unit_test(every_size_survives_both_framings),
        cmocka_unit_test(console_lines_are_at_most_127_bytes),
        cmocka_unit_test(sending_ends_with_the_error_of_the_writer),
        cmocka_unit_test(one_stream_carries_text_and_both_framings),
        cmocka_unit_test(a_stream_split_at_every_byte_means_the_same),
        cmocka_unit_test(text_between_the_lines_of_a_frame_is_handed_out),
        cmocka_unit_test(a_first_line_restarts_and_a_lone_continuation_is_dropped),
        cmocka_unit_test(a_crc_split_over_two_lines_is_accepted),
        cmocka_unit_test(a_frame_that_pauses_too_long_is_given_up),
        cmocka_unit_test(a_prompt_without_end_appears_after_the_pause),
        cmocka_unit_test(one_wrong_bit_never_makes_a_wrong_message),
        cmocka_unit_test(the_receiver_finds_its_feet_after_any_lost_byte),
        cmocka_unit_test(text_after_a_lost_delimiter_does_not_invert_the_frames),
        cmocka_unit_test(a_message_longer_than_the_buffer_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
