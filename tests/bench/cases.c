/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LARGE_MAX SYN_DEVICES_MAX

static void add(struct bench_cases *cases, struct bench_case one)
{
    if (cases->count < BENCH_CASES_MAX)
        cases->list[cases->count++] = one;
}

/* Takes the next word of a list with commas into `word`; false at its end. */
static bool next_word(const char **list, char word[32])
{
    const size_t n = strcspn(*list, ",");
    if (n == 0 || n >= 32)
        return false;
    memcpy(word, *list, n);
    word[n] = '\0';
    *list += n + ((*list)[n] == ',');
    return true;
}

/* Bit i for every name that the list has, all for "all"; 0 where one is unknown. */
static unsigned chosen(const char *list, const char *const *names, unsigned count)
{
    char word[32];
    unsigned mask = 0;
    if (!strcmp(list, "all"))
        return (1u << count) - 1;
    while (next_word(&list, word)) {
        unsigned i = 0;
        while (i < count && strcasecmp(names[i], word) != 0)
            i++;
        if (i == count)
            return 0;
        mask |= 1u << i;
    }
    return mask;
}

bool bench_cases_workloads(struct bench_cases *cases, const char *workloads, const char *sets,
                           const char *devices)
{
    static const char *const names[] = {"W1", "W2", "W3", "W4", "W5"};
    const unsigned which = chosen(workloads, names, 5);
    const unsigned labs = chosen(sets, rig_set_names, RIG_SET_COUNT);
    char word[32];
    if (!which || !labs)
        return false;
    while (next_word(&devices, word)) {
        const unsigned count = (unsigned)strtoul(word, NULL, 10);
        if (count < 4 || count > SYN_DEVICES_MAX)
            return false;
        for (unsigned s = 0; s < RIG_SET_COUNT; s++)
            for (unsigned w = 0; w < 5; w++)
                if (labs >> s & 1 && which >> w & 1)
                    add(cases, (struct bench_case){.kind = CASE_WORKLOAD,
                                                   .workload = w + 1,
                                                   .set = (enum rig_set)s,
                                                   .devices = count});
    }
    return true;
}

static bool add_seeds(struct bench_cases *cases, struct bench_case one, unsigned count)
{
    for (unsigned i = 0; i < count; i++, one.seed++)
        add(cases, one);
    return count > 0;
}

bool bench_cases_large(struct bench_cases *cases, const char *text)
{
    struct bench_case one = {.kind = CASE_LARGE};
    unsigned count;
    if (sscanf(text, "%" SCNu64 ",%u,%u,%u,%lf", &one.seed, &count, &one.devices, &one.pipelines,
               &one.use) != 5)
        return false;
    return one.devices >= 1 && one.devices <= LARGE_MAX && one.pipelines >= 1 &&
           one.pipelines <= SYN_PIPELINES_MAX && add_seeds(cases, one, count);
}

bool bench_cases_small(struct bench_cases *cases, const char *text)
{
    struct bench_case one = {.kind = CASE_SMALL};
    unsigned count;
    return sscanf(text, "%" SCNu64 ",%u", &one.seed, &count) == 2 && add_seeds(cases, one, count);
}

bool bench_cases_chains(struct bench_cases *cases, const char *text)
{
    struct bench_case one = {.kind = CASE_CHAINS};
    unsigned count;
    if (sscanf(text, "%" SCNu64 ",%u,%u,%u,%u", &one.seed, &count, &one.devices, &one.pipelines,
               &one.layers) != 5)
        return false;
    return one.devices >= 1 && one.devices <= LARGE_MAX && one.pipelines >= 1 &&
           one.pipelines <= SYN_PIPELINES_MAX && one.layers >= 1 &&
           one.layers <= INSTANCE_CHAIN_MAX && add_seeds(cases, one, count);
}

void bench_case_make(const struct bench_case *one, struct rig *rig)
{
    switch (one->kind) {
    case CASE_WORKLOAD:
        instance_workload(rig, one->workload, one->set, one->devices);
        break;
    case CASE_SMALL:
        instance_small(rig, one->seed, &instance_limits_small);
        break;
    case CASE_LARGE:
        instance_large(rig, one->seed, one->devices, one->pipelines, one->use);
        break;
    case CASE_CHAINS:
        instance_chains(rig, one->seed, one->devices, one->pipelines, one->layers);
        break;
    }
}

void bench_case_names(const struct bench_case *one, char workload[32], char lab[32])
{
    (void)snprintf(lab, 32, "%s", one->kind == CASE_WORKLOAD ? rig_set_names[one->set] : "random");
    switch (one->kind) {
    case CASE_WORKLOAD:
        (void)snprintf(workload, 32, "W%u", one->workload);
        break;
    case CASE_SMALL:
        (void)snprintf(workload, 32, "small-%" PRIu64, one->seed);
        break;
    case CASE_LARGE:
        (void)snprintf(workload, 32, "%ux%u-u%.2f-%" PRIu64, one->devices, one->pipelines, one->use,
                       one->seed);
        break;
    case CASE_CHAINS:
        (void)snprintf(workload, 32, "%ux%u-l%u-%" PRIu64, one->devices, one->pipelines,
                       one->layers, one->seed);
        break;
    }
}
