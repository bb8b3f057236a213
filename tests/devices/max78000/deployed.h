/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model of the zoo on the machine, deployed by a host, and what it has to give: the same windows
 * by the executor of devices/part. */
#ifndef SYN_TESTS_MAX78000_DEPLOYED_H
#define SYN_TESTS_MAX78000_DEPLOYED_H

#include "devices/base/hash.h"
#include "devices/part/image.h"
#include "tests/devices/max78000/host.h"

struct deployed {
    uint8_t *bytes; /* the image of the whole model, as one chunk */
    size_t size;
    struct syn_image image;
    const char *sensor;
    uint8_t hash[SYN_SHA256_SIZE];
};

/* Failures end the test. `model` is the name of a file in devices/models. */
void deployed_open(struct deployed *d, const char *model, const char *sensor);
void deployed_close(struct deployed *d);

/* Uploads images and a deployment of `count` pipelines, sense, model and LED all on the machine;
 * stops where its power fails. Prepares and commits it as transaction `txn` where it is not 0. */
void deployed_upload(const struct deployed *d, unsigned count, struct host *h,
                     uint8_t blob[SYN_SHA256_SIZE]);
void deployed_commit(struct host *h, const uint8_t blob[SYN_SHA256_SIZE], uint32_t txn);

/* Runs `count` inferences of each pipeline, with results, until they have come. */
void deployed_run(struct host *h, unsigned count, unsigned results);

/* Compares results with what the model gives for the windows that they are about. */
void deployed_check(const struct deployed *d, const struct host_result *results, unsigned count);

#endif
