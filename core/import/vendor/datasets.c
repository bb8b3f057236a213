/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/datasets.h"

#include <ctype.h>

static const struct {
    const char *name;
    struct syn_shape shape;
} datasets[] = {
    {"mnist", {1, 28, 28}},
    {"fashionmnist", {1, 28, 28}},
    {"cifar10", {3, 32, 32}},
    {"cifar100", {3, 32, 32}},
    {"kws20", {128, 128, 1}},
    {"speechcom", {1, 64, 64}},
    {"svhn74", {3, 74, 74}},
    {"catsvsdogs", {3, 128, 128}},
    {"faceid", {3, 160, 120}},
    {"vggface2faceid", {3, 112, 112}},
    {"vggface2facedetection", {3, 224, 168}},
    {"imagenet", {3, 112, 112}},
    {"camvids352c3", {48, 88, 88}},
    {"camvids352c3reduced", {48, 48, 48}},
    {"aisegment352", {48, 88, 88}},
    {"aisegment352reduced", {48, 48, 48}},
    {"pascalvoc20072012256320augmented", {3, 256, 320}},
    {"qrcode160120kptsext", {3, 120, 160}},
    {"kinetics400", {96, 60, 60}},
    {"samplemotordatalimerick", {256, 3, 1}},
};

static const char *next_letter(const char *text)
{
    while (*text && !isalnum((unsigned char)*text))
        text++;
    return text;
}

static bool same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a = next_letter(a);
        b = next_letter(b);
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

struct syn_shape syn_vendor_dataset(const char *name)
{
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++)
        if (same(name, datasets[i].name))
            return datasets[i].shape;
    return (struct syn_shape){0};
}
