/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/file.h"
#include "core/base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/syn-file-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where a temporary file stayed behind */
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct syn_error error = {0};
    void *data;
    size_t size;
    assert_int_equal(syn_file_write(path, "one", 3, &error), 0);
    assert_int_equal(syn_file_write(path, "second", 6, &error), 0);
    assert_int_equal(syn_file_read(&data, &size, path, 6, &error), 0);
    assert_int_equal(size, 6);
    assert_string_equal(data, "second");
    free(data);
}

static void rewriting_keeps_the_mode(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct stat info;
    assert_int_equal(syn_file_write(path, "x", 1, &error), 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(syn_file_write(path, "y", 1, &error), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_file_above_the_bound_is_refused_with_its_size(void **state)
{
    (void)state;
    struct syn_error error = {0};
    void *data;
    size_t size;
    assert_int_equal(syn_file_write(path, "seven77", 7, &error), 0);
    assert_int_equal(syn_file_read(&data, &size, path, 6, &error), SYN_EINVAL);
    assert_null(data);
    assert_string_equal(error.message, "7 bytes; at most 6 are read");
    assert_string_equal(error.file, path);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct syn_error error = {0};
    void *data;
    size_t size;
    assert_int_equal(syn_file_read(&data, &size, "/nowhere/x", 6, &error), SYN_ENOENT);
    assert_string_equal(error.file, "/nowhere/x");
    assert_int_equal(syn_file_read(&data, &size, folder, SIZE_MAX, &error), SYN_EINVAL);
    assert_string_equal(error.message, "not a regular file");
    assert_int_equal(syn_file_write("/nowhere/x", "a", 1, &error), SYN_ENOENT);
}

static void the_folder_of_a_path_keeps_its_slash(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"a/b.json", "a/"}, {"b.json", ""}, {"/b", "/"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *found = syn_file_folder(cases[i][0]);
        assert_string_equal(found, cases[i][1]);
        free(found);
    }
}

static void distances_count_single_edits(void **state)
{
    (void)state;
    assert_int_equal(syn_edit_distance("kernel", "kernel"), 0);
    assert_int_equal(syn_edit_distance("kernal", "kernel"), 1);
    assert_int_equal(syn_edit_distance("kenrel", "kernel"), 1);
    assert_int_equal(syn_edit_distance("KERNEL", "kernel"), 0);
    assert_int_equal(syn_edit_distance("", "abc"), 3);
    assert_int_equal(syn_edit_distance("kitten", "sitting"), 3);
}

static void only_near_words_are_suggested(void **state)
{
    (void)state;
    static const char *const words[] = {"connect", "disconnect", "device", "deploy"};
    assert_string_equal(syn_suggest("conect", words, 4), "connect");
    assert_string_equal(syn_suggest("devcie", words, 4), "device");
    assert_null(syn_suggest("xyz", words, 4));
    assert_null(syn_suggest("a", words, 4));
    assert_null(syn_suggest("", words, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(rewriting_keeps_the_mode),
        cmocka_unit_test(a_file_above_the_bound_is_refused_with_its_size),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(the_folder_of_a_path_keeps_its_slash),
        cmocka_unit_test(distances_count_single_edits),
        cmocka_unit_test(only_near_words_are_suggested),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
