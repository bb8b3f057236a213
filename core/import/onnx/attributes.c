/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether `word` is one of `words`, which a space separates. */
static bool is_one_of(const char *word, const char *words)
{
    const size_t length = strlen(word);
    for (const char *at = strstr(words, word); at && length; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static int take_list(struct syn_onnx_attribute *a, const Onnx__AttributeProto *proto)
{
    if (proto->n_ints > sizeof a->list / sizeof *a->list)
        return SYN_EINVAL;
    a->count = (unsigned)proto->n_ints;
    for (unsigned i = 0; i < a->count; i++)
        a->list[i] = proto->ints[i];
    return 0;
}

/* By what is there, since old files leave the type out. */
static int take(struct syn_onnx_attribute *a, const Onnx__AttributeProto *proto)
{
    syn_onnx_text(a->name, sizeof a->name, proto->name, strlen(proto->name));
    if (proto->ref_attr_name && *proto->ref_attr_name)
        return SYN_EINVAL;
    if (proto->has_s)
        syn_onnx_text(a->text, sizeof a->text, proto->s.data, proto->s.len);
    a->integer = proto->has_i ? proto->i : 0;
    a->number = proto->has_f ? (double)proto->f : (double)a->integer;
    if (proto->t && syn_onnx_read_number(proto->t, &a->number, &a->type, NULL) < 0)
        return SYN_EINVAL;
    return isfinite(a->number) ? take_list(a, proto) : SYN_EINVAL;
}

static int refuse(const struct syn_onnx_node *node, const char *name, const char *why,
                  struct syn_error *error)
{
    char text[SYN_ONNX_NAME_MAX];
    syn_onnx_text(text, sizeof text, name, name ? strlen(name) : 0);
    return syn_onnx_wrong(node, error, "attribute '%s' %s", text, why);
}

int syn_onnx_read_attributes(struct syn_onnx_node *node, const Onnx__NodeProto *proto,
                             const char *known, struct syn_error *error)
{
    if (proto->n_attribute > 32)
        return syn_onnx_wrong(node, error, "more than 32 attributes");
    node->attributes = calloc(proto->n_attribute + 1, sizeof *node->attributes);
    if (!node->attributes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for attributes");
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *from = proto->attribute[i];
        if (!from->name || !is_one_of(from->name, known))
            return refuse(node, from->name, "is not known", error);
        if (syn_onnx_attribute(node, from->name))
            return refuse(node, from->name, "is there twice", error);
        if (take(&node->attributes[node->attribute_count++], from) < 0)
            return refuse(node, from->name, "cannot be read", error);
    }
    return 0;
}

const struct syn_onnx_attribute *syn_onnx_attribute(const struct syn_onnx_node *node,
                                                    const char *name)
{
    for (unsigned i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    return NULL;
}

int64_t syn_onnx_integer(const struct syn_onnx_node *node, const char *name, int64_t standard)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, name);
    return a ? a->integer : standard;
}

double syn_onnx_number(const struct syn_onnx_node *node, const char *name, double standard)
{
    const struct syn_onnx_attribute *a = syn_onnx_attribute(node, name);
    return a ? a->number : standard;
}
