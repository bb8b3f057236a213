/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry as its users see it. */
#include "core/store/registry.h"
#include "tests/core/store/folder.h"

#include <sys/stat.h>

#define TEXT_SIZE 100

static struct syn_registry *opened(const char *folder)
{
    struct syn_registry *registry = NULL;
    struct syn_error error = {0};
    int status = syn_registry_open(&registry, folder, &error);
    if (status < 0)
        fail_msg("%s", error.message);
    return registry;
}

static void put(struct syn_registry *registry, enum syn_kind kind, const char *name,
                const char *text)
{
    struct syn_error error = {0};
    if (syn_registry_put(registry, kind, name, text, NULL, 0, NULL, &error) < 0)
        fail_msg("%s", error.message);
}

static void what_is_put_is_there_after_opening_again(void **state)
{
    static const uint8_t weights[] = {0, 1, 254, 255, 0};
    struct syn_record record;
    struct syn_registry *registry = opened(*state);
    assert_int_equal(syn_registry_put(registry, SYN_KIND_MODEL, "KWS", "{\"a\":1}", weights,
                                      sizeof weights, NULL, NULL),
                     0);
    syn_registry_close(registry);
    registry = opened(*state);
    assert_int_equal(syn_registry_get(registry, SYN_KIND_MODEL, "KWS", &record, NULL), 0);
    assert_string_equal(record.name, "KWS");
    assert_string_equal(record.text, "{\"a\":1}");
    assert_int_equal(record.blob_size, sizeof weights);
    assert_memory_equal(record.blob, weights, sizeof weights);
    assert_true(record.created > 1500000000);
    syn_record_clear(&record);
    syn_registry_close(registry);
}

static void names_ignore_case_and_keep_their_spelling(void **state)
{
    struct syn_record record;
    (void)state;
    struct syn_registry *registry = opened(NULL);
    put(registry, SYN_KIND_APP, "Doorbell", "1");
    put(registry, SYN_KIND_DEVICE, "doorbell", "2");
    assert_int_equal(syn_registry_get(registry, SYN_KIND_APP, "DOORBELL", &record, NULL), 0);
    assert_string_equal(record.name, "Doorbell");
    assert_string_equal(record.text, "1");
    assert_null(record.blob);
    syn_record_clear(&record);
    syn_registry_close(registry);
}

static int collect(void *ctx, const struct syn_record *record)
{
    char *text = ctx;
    size_t used = strlen(text);
    assert_null(record->blob);
    (void)snprintf(text + used, TEXT_SIZE - used, "%s=%s ", record->name, record->text);
    return 0;
}

static void a_second_put_replaces_in_place(void **state)
{
    char text[TEXT_SIZE] = "";
    (void)state;
    struct syn_registry *registry = opened(NULL);
    put(registry, SYN_KIND_APP, "a", "1");
    put(registry, SYN_KIND_APP, "b", "2");
    put(registry, SYN_KIND_APP, "A", "3");
    assert_int_equal(syn_registry_each(registry, SYN_KIND_APP, collect, text, NULL), 0);
    assert_string_equal(text, "A=3 b=2 ");
    syn_registry_close(registry);
}

static int stop_at_once(void *ctx, const struct syn_record *record)
{
    (void)record;
    return ++*(int *)ctx;
}

static void each_stops_when_told(void **state)
{
    int calls = 0;
    (void)state;
    struct syn_registry *registry = opened(NULL);
    put(registry, SYN_KIND_APP, "a", "1");
    put(registry, SYN_KIND_APP, "b", "2");
    assert_int_equal(syn_registry_each(registry, SYN_KIND_APP, stop_at_once, &calls, NULL), 0);
    assert_int_equal(calls, 1);
    syn_registry_close(registry);
}

static int remove_it(void *ctx, const struct syn_record *record)
{
    assert_int_equal(syn_registry_remove(ctx, SYN_KIND_APP, record->name, NULL), 0);
    return 0;
}

static void each_may_change_the_registry(void **state)
{
    char text[TEXT_SIZE] = "";
    (void)state;
    struct syn_registry *registry = opened(NULL);
    put(registry, SYN_KIND_APP, "a", "1");
    put(registry, SYN_KIND_APP, "b", "2");
    assert_int_equal(syn_registry_each(registry, SYN_KIND_APP, remove_it, registry, NULL), 0);
    assert_int_equal(syn_registry_each(registry, SYN_KIND_APP, collect, text, NULL), 0);
    assert_string_equal(text, "");
    syn_registry_close(registry);
}

static void plans_are_numbered_and_numbers_are_not_used_again(void **state)
{
    int64_t id = 0;
    struct syn_record record;
    (void)state;
    struct syn_registry *registry = opened(NULL);
    put(registry, SYN_KIND_APP, "another kind", "counts for itself");
    for (int64_t expected = 1; expected <= 2; expected++) {
        assert_int_equal(syn_registry_put(registry, SYN_KIND_PLAN, NULL, "{}", NULL, 0, &id, NULL),
                         0);
        assert_int_equal(id, expected);
    }
    assert_int_equal(syn_registry_remove(registry, SYN_KIND_PLAN, "2", NULL), 0);
    assert_int_equal(syn_registry_put(registry, SYN_KIND_PLAN, NULL, "{}", NULL, 0, &id, NULL), 0);
    assert_int_equal(id, 3);
    assert_int_equal(syn_registry_get(registry, SYN_KIND_PLAN, "3", &record, NULL), 0);
    assert_int_equal(record.id, 3);
    syn_record_clear(&record);
    syn_registry_close(registry);
}

static void a_missing_name_is_answered_with_what_was_meant(void **state)
{
    struct syn_record record;
    struct syn_error error = {0};
    (void)state;
    struct syn_registry *registry = opened(NULL);
    assert_int_equal(syn_registry_get(registry, SYN_KIND_MODEL, "X", &record, &error), SYN_ENOENT);
    assert_string_equal(error.message, "no model 'X'");
    assert_string_equal(error.hint, "there is no model yet");
    put(registry, SYN_KIND_MODEL, "SimpleNet", "{}");
    put(registry, SYN_KIND_MODEL, "ConvNet5", "{}");
    assert_int_equal(syn_registry_remove(registry, SYN_KIND_MODEL, "ConvNet", &error), SYN_ENOENT);
    assert_string_equal(error.hint, "did you mean 'ConvNet5'? there are: SimpleNet, ConvNet5");
    syn_registry_close(registry);
}

static void a_name_that_cannot_be_kept_is_refused(void **state)
{
    struct syn_error error = {0};
    char name[65];
    (void)state;
    struct syn_registry *registry = opened(NULL);
    memset(name, 'n', 64);
    name[64] = '\0';
    const char *const bad[] = {"", name, "a\nb", "\x1b[31m"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(
            syn_registry_put(registry, SYN_KIND_APP, bad[i], "{}", NULL, 0, NULL, &error),
            SYN_EINVAL);
    put(registry, SYN_KIND_APP, name + 1, "{}");
    syn_registry_close(registry);
}

static void files_are_for_the_user_alone(void **state)
{
    char folder[200], path[256];
    struct stat info;
    (void)snprintf(folder, sizeof folder, "%s/state/deeper", (const char *)*state);
    syn_registry_close(opened(folder));
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    (void)unlink(path);
    (void)rmdir(folder);
    *strrchr(folder, '/') = '\0';
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_is_put_is_there_after_opening_again),
        cmocka_unit_test(names_ignore_case_and_keep_their_spelling),
        cmocka_unit_test(a_second_put_replaces_in_place),
        cmocka_unit_test(each_stops_when_told),
        cmocka_unit_test(each_may_change_the_registry),
        cmocka_unit_test(plans_are_numbered_and_numbers_are_not_used_again),
        cmocka_unit_test(a_missing_name_is_answered_with_what_was_meant),
        cmocka_unit_test(a_name_that_cannot_be_kept_is_refused),
        ON_DISK(files_are_for_the_user_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
