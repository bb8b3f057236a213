/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded networks, converted by tests/tools/kat2model, give the recorded outputs exactly.
 * Needs the shared data (SYN_DATA) and python3; skips without.
 */
#include "core/base/file.h"
#include "core/model/model.h"

#include <dirent.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct recorded {
    const char *folder, *name;
    uint64_t macs; /* of the vendor's summary */
} networks[] = {
    {"MAX78000", "mnist", 10751808},
    {"MAX78000", "kws20_v3", 8345344},
    {"MAX78000", "cifar-10", 36180992},
    {"MAX78000", "cifar-100-residual-rand", 18461184},
    {"MAX78000", "cifar-100-mixed-rand", 18461184},
    {"MAX78000", "cifar-100-simplewide2x-mixed-rand", 42957568},
    {"MAX78000", "camvid_unet", 186301440},
    {"MAX78002", "cifar-100-effnet2-custom-rand", 146679808},
    {"MAX78002", "cifar-100-mobilenet-custom-rand", 788987904},
};

static char folder[] = "/tmp/syn-recorded-XXXXXX";
static char data[512];

static const char *path_of(const char *name, const char *ending)
{
    static char path[4][256];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s%s", folder, name, ending);
    return path[turn];
}

/* Exit status of the tool for networks that the format cannot express: several inputs of the
 * model, convolutions that only copy. */
#define NOT_EXPRESSIBLE 3

static int convert(const char *network)
{
    static char tool[] = SYN_SOURCE_DIR "/tests/tools/kat2model";
    char *const arguments[] = {(char *)"python3", tool, (char *)network, folder, NULL};
    pid_t child;
    int status;
    if (posix_spawnp(&child, "python3", NULL, NULL, arguments, environ) != 0 ||
        waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

/* The row of the CSV file as bytes. */
static size_t read_row(const char *path, int8_t *values, size_t max)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    int value;
    assert_non_null(file);
    while (count < max && fscanf(file, "%d%*c", &value) == 1)
        values[count++] = (int8_t)value;
    (void)fclose(file);
    return count;
}

static struct syn_model *must_read(const char *name)
{
    struct syn_error error = {0};
    struct syn_model *model;
    if (syn_model_read(&model, path_of(name, ".json"), &error) < 0)
        fail_msg("%s:%d:%d: %s", error.file, error.line, error.column, error.message);
    return model;
}

static void check_output(const struct syn_model *model, const char *name)
{
    struct syn_error error = {0};
    void *expected, *output;
    size_t expected_size, output_size;
    uint32_t size = syn_model_tensor_bytes(model, 0);
    int8_t *input = malloc(size);
    assert_int_equal(read_row(path_of(name, ".csv"), input, size), size);
    assert_int_equal(
        syn_file_read(&expected, &expected_size, path_of(name, ".out"), 1 << 24, &error), 0);
    assert_int_equal(syn_model_infer(model, input, size, &output, &output_size, &error), 0);
    assert_int_equal(output_size, expected_size);
    assert_memory_equal(output, expected, expected_size);
    free(input);
    free(expected);
    free(output);
}

static void remove_files(const char *name)
{
    static const char *const endings[] = {".json", ".bin", ".csv", ".out"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        unlink(path_of(name, endings[i]));
}

static void recorded_outputs_are_reproduced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        char source[600];
        struct syn_model *model;
        (void)snprintf(source, sizeof source, "%s/max7800x/networks/%s/%s", data,
                       networks[i].folder, networks[i].name);
        assert_int_equal(convert(source), 0);
        model = must_read(networks[i].name);
        check_output(model, networks[i].name);
        if (syn_model_macs(model) != networks[i].macs)
            fail_msg("%s: %ju MAC", model->name, (uintmax_t)syn_model_macs(model));
        syn_model_free(model);
        remove_files(networks[i].name);
    }
}

/* Converts and runs one network of one feature; counts it as run or as not expressible. */
static void check_feature(const char *device, const char *name, unsigned *run, unsigned *left_out)
{
    char source[800];
    (void)snprintf(source, sizeof source, "%s/max7800x/unit/%s/%s", data, device, name);
    /* 2048 columns; the part has 2047 (devices/part/PART.md 1). */
    bool beyond = strcmp(name, "test-largeinputw") == 0;
    int status = beyond ? NOT_EXPRESSIBLE : convert(source);
    if (status == NOT_EXPRESSIBLE) {
        (*left_out)++;
        return;
    }
    assert_int_equal(status, 0);
    struct syn_model *model = must_read(name);
    check_output(model, name);
    syn_model_free(model);
    remove_files(name);
    (*run)++;
}

static void networks_of_one_feature_each_are_reproduced(void **state)
{
    (void)state;
    static const char *const devices[] = {"MAX78000", "MAX78002"};
    unsigned run = 0, left_out = 0;
    for (size_t d = 0; d < sizeof devices / sizeof *devices; d++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/max7800x/unit/%s", data, devices[d]);
        DIR *units = opendir(path);
        assert_non_null(units);
        for (struct dirent *unit; (unit = readdir(units));)
            if (unit->d_name[0] != '.')
                check_feature(devices[d], unit->d_name, &run, &left_out);
        closedir(units);
    }
    print_message("%u networks give the recorded output, %u cannot be expressed\n", run, left_out);
    assert_true(left_out < run / 4);
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
        cmocka_unit_test(recorded_outputs_are_reproduced),
        cmocka_unit_test(networks_of_one_feature_each_are_reproduced),
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
        print_message("skipped: no python3, which tests/tools/kat2model needs\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
