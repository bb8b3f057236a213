/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "devices/profiles/read.h"

/* Everything that an object can say of a part. */
struct described {
    uint32_t weight_bytes, data_bytes, layers;
    struct syn_peak peak;
};

#define AT(member) offsetof(struct described, member)
#define RATE(op)   offsetof(struct described, peak.macs_per_kcycle[op])

static const char per_kcycle[] = "MACs/kcycle", bytes_per_kcycle[] = "B/kcycle";

static const struct syn_profile_figure figures[] = {
    {"conv2d_macs_per_kcycle", RATE(SYN_OP_CONV2D), 0, 1e9, per_kcycle},
    {"conv1d_macs_per_kcycle", RATE(SYN_OP_CONV1D), 0, 1e9, per_kcycle},
    {"convtranspose2d_macs_per_kcycle", RATE(SYN_OP_CONVTRANSPOSE2D), 0, 1e9, per_kcycle},
    {"linear_macs_per_kcycle", RATE(SYN_OP_LINEAR), 0, 1e9, per_kcycle},
    {"depthwise_macs_per_kcycle", AT(peak.depthwise_macs_per_kcycle), 0, 1e9, per_kcycle},
    {"weight_bytes_per_kcycle", AT(peak.weight_bytes_per_kcycle), 1, 1e9, bytes_per_kcycle},
    {"data_bytes_per_kcycle", AT(peak.data_bytes_per_kcycle), 1, 1e9, bytes_per_kcycle},
    {"layer_cycles", AT(peak.layer_cycles), 0, 1e9, "cycles"},
    {"weight_bits_min", AT(peak.weight_bits_min), 1, 8, "bits"},
    {"weight_bytes", AT(weight_bytes), 1, 4e9, "B"},
    {"data_bytes", AT(data_bytes), 1, 4e9, "B"},
    {"layers", AT(layers), 1, SYN_PART_PLACEMENTS_MAX, "layers"},
};

#define FIGURES (sizeof figures / sizeof *figures)

_Static_assert(FIGURES <= SYN_PROFILE_FIGURE_TABLE_MAX, "room for a table");

struct raw_part {
    char name[SYN_PROFILE_PART_NAME];
    int kind;
    const cJSON *figures;
};

static const char *const kinds[] = {"peak-and-bandwidth", NULL};

#define RAW_AT(member) SYN_JSON_AT(struct raw_part, member)

static const struct syn_json_field part_fields[] = {
    {"name", SYN_JSON_NAME, .required = true, RAW_AT(name)},
    {"kind", SYN_JSON_ENUM, .required = true, RAW_AT(kind), .names = kinds},
    {"figures", SYN_JSON_NODE, .required = true, RAW_AT(figures)},
};

static int read_described(const struct syn_json *doc, const cJSON *node, struct syn_parts *parts,
                          struct syn_profile *profile, struct syn_error *error)
{
    struct raw_part raw = {.name = ""};
    struct described d = {.layers = 0};
    int result = syn_json_fill(doc, node, part_fields, SYN_JSON_COUNT(part_fields), &raw, error);
    if (result == 0 && syn_part_find(raw.name))
        result = syn_json_error(doc, syn_json_get(node, "name"), SYN_EINVAL, error,
                                "\"%s\" is built in: write \"part\": \"%s\"", raw.name, raw.name);
    if (result == 0)
        result = syn_profile_read_figures(doc, raw.figures, figures, FIGURES, &d, profile, error);
    if (result < 0)
        return result;
    const struct syn_part part = {.name = raw.name,
                                  .kind = &syn_part_kind_peak,
                                  .weight_bytes = d.weight_bytes,
                                  .data_bytes = d.data_bytes,
                                  .layers_max = (uint16_t)d.layers,
                                  .peak = d.peak};
    profile->timing.part = syn_parts_keep(parts, &part);
    return profile->timing.part ? 0 : syn_error_set(error, SYN_ENOMEM, "not enough memory");
}

int syn_profile_read_part(const struct syn_json *doc, const cJSON *node, struct syn_parts *parts,
                          struct syn_profile *profile, struct syn_error *error)
{
    static const struct syn_json_field name_field = {"part", SYN_JSON_NAME,
                                                     .size = SYN_PROFILE_PART_NAME};
    char name[SYN_PROFILE_PART_NAME] = "";
    if (cJSON_IsObject(node))
        return read_described(doc, node, parts, profile, error);
    int result = syn_json_value(doc, node, &name_field, name, error);
    if (result < 0)
        return result;
    profile->timing.part = syn_part_find(name);
    if (profile->timing.part)
        return 0;
    return syn_json_error(doc, node, SYN_EINVAL, error,
                          "\"%s\" is neither MAX78000 nor MAX78002; an object describes another "
                          "part",
                          name);
}
