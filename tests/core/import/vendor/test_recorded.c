/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded networks are imported from their descriptions, with checkpoints that
 * tests/tools/kat2checkpoint makes of the recorded tensors, and give the recorded outputs exactly.
 * Needs the shared data (SYN_DATA) and python3; skips without.
 */
#include "core/base/file.h"
#include "core/import/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/syn-vendor-XXXXXX";
static char data[512];
static unsigned imported_count, refused_count;

/* Networks that cannot be expressed, and why. */
static const struct {
    const char *name, *why;
} refused[] = {
    {"test-bypass", "only copies"},
    {"test-bypass-identity-small", "only copies"},
    {"test-eltwiseadd", "operands with 1 input"},
    {"test-eltwiseadd-31ch", "operands with 1 input"},
    {"test-eltwiseadd-7ch", "operands with 1 input"},
    {"test-eltwiseadd-combined-avgpool", "operands with 1 input"},
    {"test-eltwiseadd-pool", "operands with 1 input"},
    {"test-eltwiseadd-poolafter", "operands with 1 input"},
    {"test-eltwiseadd4-7ch", "operands with 1 input"},
    {"test-eltwiseor", "operands with 1 input"},
    {"test-eltwisexor", "operands with 1 input"},
    {"test-multilayer-eltwise", "operands with 1 input"},
    {"test-largeinputw", "no part has it"},
};

static const char *why_refused(const char *name)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(refused[i].name, name) == 0)
            return refused[i].why;
    return NULL;
}

static const char *file_of(const char *name, const char *ending)
{
    static char path[4][256];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s%s", folder, name, ending);
    return path[turn];
}

static void *must_load(const char *path, size_t *size)
{
    void *bytes;
    struct syn_error error = {0};
    assert_int_equal(syn_file_read(&bytes, size, path, 1 << 24, &error), 0);
    return bytes;
}

static void check_output(const struct syn_model *model, const char *name)
{
    struct syn_error error = {0};
    size_t input_size, expected_size, output_size;
    void *output;
    void *input = must_load(file_of(name, ".in"), &input_size);
    void *expected = must_load(file_of(name, ".out"), &expected_size);
    if (syn_model_infer(model, input, input_size, &output, &output_size, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    assert_int_equal(output_size, expected_size);
    if (memcmp(output, expected, expected_size) != 0)
        fail_msg("%s: another output than recorded", name);
    free(input);
    free(expected);
    free(output);
}

static void check_network(const char *group, const char *name, const char *shape)
{
    char description[800];
    struct syn_error error = {0};
    struct syn_imported imported;
    (void)snprintf(description, sizeof description, "%s/max7800x/%s/%s/network.yaml", data, group,
                   name);
    const struct syn_import_options options = {
        .weights = file_of(name, ".pth.tar"), .name = name, .input = shape};
    const char *why = why_refused(name);
    int status = syn_import_read(&imported, description, &options, &error);
    if (why) {
        assert_int_equal(status, SYN_EUNSUP);
        if (!strstr(error.message, why))
            fail_msg("%s: %s", name, error.message);
        refused_count++;
    } else {
        if (status < 0)
            fail_msg("%s:%d: %s (%s)", error.file, error.line, error.message, error.hint);
        check_output(imported.model, name);
        imported_count++;
    }
    syn_imported_free(&imported);
    unlink(file_of(name, ".pth.tar"));
    unlink(file_of(name, ".in"));
    unlink(file_of(name, ".out"));
}

/* The tool writes checkpoint, input and expected output of each network, and says its shape. */
static void check_group(const char *group)
{
    char command[1500], name[128], shape[64];
    (void)snprintf(command, sizeof command,
                   "python3 %s/tests/tools/kat2checkpoint %s %s/max7800x/%s/* "
                   "--form each",
                   SYN_SOURCE_DIR, folder, data, group);
    FILE *tool = popen(command, "r");
    assert_non_null(tool);
    while (fscanf(tool, "%127s %63s", name, shape) == 2)
        check_network(group, name, shape);
    assert_int_equal(pclose(tool), 0);
}

static void reference_networks_give_the_recorded_outputs(void **state)
{
    (void)state;
    imported_count = refused_count = 0;
    check_group("networks/MAX78000");
    check_group("networks/MAX78002");
    print_message("%u networks are imported and exact\n", imported_count);
    assert_true(imported_count >= 7);
    assert_int_equal(refused_count, 0);
}

static void networks_of_one_feature_each_give_the_recorded_outputs(void **state)
{
    (void)state;
    imported_count = refused_count = 0;
    check_group("unit/MAX78000");
    check_group("unit/MAX78002");
    print_message("%u networks are imported and exact, %u refused with their reason\n",
                  imported_count, refused_count);
    assert_true(imported_count > 100);
    assert_true(refused_count <= sizeof refused / sizeof *refused);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_networks_give_the_recorded_outputs),
        cmocka_unit_test(networks_of_one_feature_each_give_the_recorded_outputs),
    };
    const char *given = getenv("SYN_DATA");
    (void)snprintf(data, sizeof data, "%s", given ? given : SYN_SOURCE_DIR "/../shared/data");
    char probe[600];
    (void)snprintf(probe, sizeof probe, "%s/max7800x/networks", data);
    if (access(probe, R_OK) != 0) {
        print_message("skipped: no recorded networks in %s (set SYN_DATA)\n", probe);
        return 77;
    }
    if (system("python3 -c 0 2>/dev/null") != 0) {
        print_message("skipped: no python3, which tests/tools/kat2checkpoint needs\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
