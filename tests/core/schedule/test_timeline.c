/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans made by hand, as the three pictures show them. */
#include "core/schedule/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define MS 1000000

static struct syn_fleet fleet = {.count = 2, .devices = {{.name = "glasses"}, {.name = "watch"}}};
static struct syn_problem problem = {
    .fleet = &fleet,
    .pipeline_count = 2,
    .pipelines = {{.spec = {.name = "words"}}, {.spec = {.name = "\"<faces>\" & more"}}}};

/* One inference of `words` from the glasses over the console to the watch; one of the other. */
static const struct syn_task_span spans[] = {
    {0, 10 * MS, 7, 0, 0, SYN_TASK_SENSE, 0, false},
    {10 * MS, 12 * MS, 7, 0, 0, SYN_TASK_LOAD, 0, true},
    {12 * MS, 20 * MS, 7, 0, 0, SYN_TASK_INFER, 0, false},
    {20 * MS, 30 * MS, 7, 0, 0, SYN_TASK_SEND, SYN_DEVICE_HUB, false},
    {20 * MS, 30 * MS, 7, SYN_DEVICE_HUB, 0, SYN_TASK_RECEIVE, 0, false},
    {25 * MS, 35 * MS, 3, 1, 1, SYN_TASK_INFER, 0, false},
    {30 * MS, 50 * MS, 7, 1, 0, SYN_TASK_ACT, 0, false},
};

static struct syn_timeline whole(void)
{
    return (struct syn_timeline){.problem = &problem,
                                 .title = "plan 1 & what it does",
                                 .spans = spans,
                                 .span_count = sizeof spans / sizeof spans[0],
                                 .to_ns = 40 * MS,
                                 .round_ns = 20 * MS};
}

/* Line `index` of the text; the next call overwrites it. */
static const char *line_of(const char *text, unsigned index)
{
    static char line[256];
    while (index-- > 0 && text)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    if (!text)
        fail_msg("there is no such line");
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    return line;
}

static void a_column_shows_who_keeps_the_unit_busy(void **state)
{
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    /* 19 columns of names ("(console)", two spaces, "sensor", two) and 40 of a millisecond. */
    assert_int_equal(syn_timeline_text(&t, 59, &text, NULL), 0);
    assert_string_equal(line_of(text, 0),
                        "ms                 0.0             16.0            32.0");
    assert_string_equal(line_of(text, 1), "| = T              |                   |");
    assert_string_equal(line_of(text, 2),
                        "glasses    sensor  AAAAAAAAAA..............................");
    assert_string_equal(line_of(text, 3),
                        "           cpu     ..........AA............................");
    assert_string_equal(line_of(text, 4),
                        "           accel   ..........AAAAAAAAAA....................");
    assert_string_equal(line_of(text, 5),
                        "           radio   ....................AAAAAAAAAA..........");
    assert_string_equal(line_of(text, 6),
                        "watch      cpu     ..............................AAAAAAAAAA");
    assert_string_equal(line_of(text, 7),
                        "           accel   .........................BBBBBBBBBB.....");
    assert_string_equal(line_of(text, 8),
                        "(console)  radio   ....................AAAAAAAAAA..........");
    assert_string_equal(line_of(text, 9), "A words  B \"<faces>\" & more");
    free(text);
}

static void a_column_that_is_idle_for_half_of_its_time_is_in_lower_case(void **state)
{
    const struct syn_task_span half[] = {{0, 15 * MS, 0, 0, 0, SYN_TASK_INFER, 0, false},
                                         {20 * MS, 24 * MS, 0, 0, 0, SYN_TASK_INFER, 0, false},
                                         {24 * MS, 30 * MS, 0, 0, 1, SYN_TASK_INFER, 0, false}};
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    t.spans = half;
    t.span_count = 3;
    t.to_ns = 23 * 10 * MS; /* 40 columns less 17 of names, 10 ms each */
    assert_int_equal(syn_timeline_text(&t, 40, &text, NULL), 0);
    assert_string_equal(line_of(text, 2), "glasses  accel   AaB....................");
    free(text);
}

static void lines_are_as_wide_as_the_terminal_and_never_wider(void **state)
{
    struct syn_timeline t = whole();
    (void)state;
    for (unsigned columns = SYN_TIMELINE_COLUMNS_MIN; columns < 200; columns++) {
        char *text;
        assert_int_equal(syn_timeline_text(&t, columns, &text, NULL), 0);
        assert_int_equal(strlen(line_of(text, 2)), columns);
        for (unsigned i = 0; i < 10; i++)
            assert_in_range(strlen(line_of(text, i)), 1, columns);
        free(text);
    }
}

/* Every busy moment stands in exactly one column: sums over a row are sums of spans. */
static void no_span_is_lost_however_short_columns_are(void **state)
{
    struct syn_task_span one = {0, 1, 0, 0, 0, SYN_TASK_INFER, 0, false};
    struct syn_timeline t = whole();
    (void)state;
    t.spans = &one;
    t.span_count = 1;
    t.round_ns = 0;
    for (int64_t at = 0; at < 40 * MS; at += 777777) {
        char *text;
        one.start_ns = at;
        one.end_ns = at + 1;
        assert_int_equal(syn_timeline_text(&t, 80, &text, NULL), 0);
        assert_non_null(strchr(line_of(text, 1), 'a'));
        free(text);
    }
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

static void the_drawing_has_a_box_and_a_tooltip_for_every_unit_of_a_span(void **state)
{
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    assert_int_equal(syn_timeline_svg(&t, &text, NULL), 0);
    assert_int_equal(count(text, "<title>"), 1 + 8); /* loading keeps two units busy */
    assert_int_equal(count(text, "</rect>"), 8);
    assert_non_null(strstr(text, "words: send to (console), inference 7, 20.000 to 30.000 ms"));
    assert_non_null(strstr(text, "load with a change of chunk"));
    assert_non_null(strstr(text, "&quot;&lt;faces&gt;&quot; &amp; more"));
    assert_null(strstr(text, "<faces>"));
    assert_int_equal(count(text, "stroke-dasharray"), 2); /* rounds begin at 0 and 20 ms */
    free(text);
}

static const cJSON *event(const cJSON *events, const char *ph, const char *task)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, events)
    {
        const cJSON *args = cJSON_GetObjectItem(e, "args");
        const char *t = cJSON_GetStringValue(cJSON_GetObjectItem(args, "task"));
        if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(e, "ph")), ph) &&
            (!task || (t && !strcmp(t, task))))
            return e;
    }
    fail_msg("no event %s %s", ph, task ? task : "");
    return NULL;
}

static void the_trace_is_json_with_a_process_a_device_and_a_thread_a_unit(void **state)
{
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    assert_int_equal(syn_timeline_trace(&t, &text, NULL), 0);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    const cJSON *events = cJSON_GetObjectItem(json, "traceEvents");
    const cJSON *act = event(events, "X", "act");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(act, "name")), "words");
    assert_true(cJSON_GetObjectItem(act, "ts")->valuedouble == 30000);
    assert_true(cJSON_GetObjectItem(act, "dur")->valuedouble == 10000); /* cut at the window */
    assert_int_equal(cJSON_GetObjectItem(act, "pid")->valueint, 2);
    assert_int_equal(cJSON_GetObjectItem(act, "tid")->valueint, SYN_UNIT_CPU + 1);
    assert_int_equal(count(text, "\"ph\":\"X\""), 8);
    assert_int_equal(count(text, "process_name"), 3);
    assert_int_equal(count(text, "thread_name"), 7);
    cJSON_Delete(json);
    free(text);
}

static void a_window_of_no_time_is_refused(void **state)
{
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    t.to_ns = t.from_ns;
    assert_int_equal(syn_timeline_text(&t, 80, &text, NULL), SYN_EINVAL);
    assert_int_equal(syn_timeline_svg(&t, &text, NULL), SYN_EINVAL);
    assert_int_equal(syn_timeline_trace(&t, &text, NULL), SYN_EINVAL);
    assert_null(text);
}

static void a_timeline_without_spans_is_a_ruler_and_a_legend(void **state)
{
    struct syn_timeline t = whole();
    char *text;
    (void)state;
    t.span_count = 0;
    assert_int_equal(syn_timeline_text(&t, 60, &text, NULL), 0);
    assert_string_equal(line_of(text, 2), "A words  B \"<faces>\" & more");
    free(text);
    assert_int_equal(syn_timeline_trace(&t, &text, NULL), 0);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    cJSON_Delete(json);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_shows_who_keeps_the_unit_busy),
        cmocka_unit_test(a_column_that_is_idle_for_half_of_its_time_is_in_lower_case),
        cmocka_unit_test(lines_are_as_wide_as_the_terminal_and_never_wider),
        cmocka_unit_test(no_span_is_lost_however_short_columns_are),
        cmocka_unit_test(the_drawing_has_a_box_and_a_tooltip_for_every_unit_of_a_span),
        cmocka_unit_test(the_trace_is_json_with_a_process_a_device_and_a_thread_a_unit),
        cmocka_unit_test(a_window_of_no_time_is_refused),
        cmocka_unit_test(a_timeline_without_spans_is_a_ruler_and_a_legend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
