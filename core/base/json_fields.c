/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/json.h"
#include "core/base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*type_reader)(const struct syn_json *doc, const cJSON *value,
                           const struct syn_json_field *field, void *member,
                           struct syn_error *error);

static int expected(const struct syn_json *doc, const cJSON *node, struct syn_error *error,
                    const char *what)
{
    syn_json_error(doc, node, SYN_EINVAL, error, "%s is expected", what);
    return SYN_EINVAL;
}

/* Text from files reaches terminals: control characters could drive them. */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static int check_string(const struct syn_json *doc, const cJSON *node, struct syn_error *error)
{
    if (!cJSON_IsString(node))
        return expected(doc, node, error, "a string");
    if (has_control(node->valuestring))
        return syn_json_error(doc, node, SYN_EINVAL, error,
                              "control characters are not allowed here");
    return 0;
}

static int read_string(const struct syn_json *doc, const cJSON *node,
                       const struct syn_json_field *field, void *member, struct syn_error *error)
{
    int result = check_string(doc, node, error);
    if (result < 0)
        return result;
    size_t length = strlen(node->valuestring);
    if (length >= field->size)
        return syn_json_error(doc, node, SYN_EINVAL, error, "%zu bytes long; at most %zu are read",
                              length, field->size - 1);
    memcpy(member, node->valuestring, length + 1);
    return 0;
}

static bool name_ok(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/";
    return *name && name[strspn(name, allowed)] == '\0';
}

static int read_name(const struct syn_json *doc, const cJSON *node,
                     const struct syn_json_field *field, void *member, struct syn_error *error)
{
    if (cJSON_IsString(node) && !name_ok(node->valuestring))
        return expected(doc, node, error, "a name of letters, digits and . _ - + /");
    return read_string(doc, node, field, member, error);
}

static int read_text(const struct syn_json *doc, const cJSON *node,
                     const struct syn_json_field *field, void *member, struct syn_error *error)
{
    (void)field;
    int result = check_string(doc, node, error);
    if (result < 0)
        return result;
    char *copy = strdup(node->valuestring);
    if (!copy)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory");
    memcpy(member, &copy, sizeof copy);
    return 0;
}

static int read_bool(const struct syn_json *doc, const cJSON *node,
                     const struct syn_json_field *field, void *member, struct syn_error *error)
{
    (void)field;
    if (!cJSON_IsBool(node))
        return expected(doc, node, error, "true or false");
    bool value = cJSON_IsTrue(node);
    memcpy(member, &value, sizeof value);
    return 0;
}

/* Integers of any size lie in `member` in the machine's byte order. */
static void store(void *member, size_t size, int64_t value)
{
    int8_t i8 = (int8_t)value;
    int16_t i16 = (int16_t)value;
    int32_t i32 = (int32_t)value;
    const void *from = size == 1   ? (void *)&i8
                       : size == 2 ? (void *)&i16
                       : size == 4 ? (void *)&i32
                                   : (void *)&value;
    memcpy(member, from, size);
}

static int out_of_range(const struct syn_json *doc, const cJSON *node, double min, double max,
                        struct syn_error *error)
{
    syn_json_error(doc, node, SYN_EINVAL, error, "%.10g is out of range (%.16g to %.16g)",
                   node->valuedouble, min, max);
    return SYN_EINVAL;
}

int syn_json_int(const struct syn_json *doc, const cJSON *node, double min, double max,
                 int64_t *value, struct syn_error *error)
{
    if (!cJSON_IsNumber(node))
        return expected(doc, node, error, "a whole number");
    if (!(node->valuedouble >= min && node->valuedouble <= max))
        return out_of_range(doc, node, min, max, error);
    *value = (int64_t)node->valuedouble;
    if ((double)*value != node->valuedouble)
        return expected(doc, node, error, "a whole number");
    return 0;
}

static int read_int(const struct syn_json *doc, const cJSON *node,
                    const struct syn_json_field *field, void *member, struct syn_error *error)
{
    int64_t value;
    int result = syn_json_int(doc, node, field->min, field->max, &value, error);
    if (result == 0)
        store(member, field->size, value);
    return result;
}

static int read_double(const struct syn_json *doc, const cJSON *node,
                       const struct syn_json_field *field, void *member, struct syn_error *error)
{
    if (!cJSON_IsNumber(node))
        return expected(doc, node, error, "a number");
    double value = node->valuedouble;
    if (!(value >= field->min && value <= field->max))
        return out_of_range(doc, node, field->min, field->max, error);
    memcpy(member, &value, sizeof value);
    return 0;
}

static int unknown_choice(const struct syn_json *doc, const cJSON *node,
                          const struct syn_json_field *field, struct syn_error *error)
{
    char list[200] = "";
    size_t used = 0;
    for (size_t i = 0; field->names[i] && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 field->names[i]);
    syn_json_error(doc, node, SYN_EINVAL, error, "\"%.40s\" is none of %s", node->valuestring,
                   list);
    return SYN_EINVAL;
}

static int read_enum(const struct syn_json *doc, const cJSON *node,
                     const struct syn_json_field *field, void *member, struct syn_error *error)
{
    int result = check_string(doc, node, error);
    if (result < 0)
        return result;
    for (int i = 0; field->names[i]; i++) {
        if (strcmp(field->names[i], node->valuestring) == 0) {
            store(member, field->size, i);
            return 0;
        }
    }
    return unknown_choice(doc, node, field, error);
}

static int read_hex64(const struct syn_json *doc, const cJSON *node,
                      const struct syn_json_field *field, void *member, struct syn_error *error)
{
    (void)field;
    const char *text = cJSON_IsString(node) ? node->valuestring : "";
    size_t digits = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdefABCDEF") : 0;
    if (digits < 1 || digits > 16 || text[2 + digits] != '\0')
        return expected(doc, node, error, "a hexadecimal map such as \"0x00000000000000ff\"");
    uint64_t value = strtoull(text + 2, NULL, 16);
    memcpy(member, &value, sizeof value);
    return 0;
}

static int read_ignored(const struct syn_json *doc, const cJSON *node,
                        const struct syn_json_field *field, void *member, struct syn_error *error)
{
    (void)doc, (void)node, (void)field, (void)member, (void)error;
    return 0;
}

static int read_node(const struct syn_json *doc, const cJSON *node,
                     const struct syn_json_field *field, void *member, struct syn_error *error)
{
    (void)doc, (void)field, (void)error;
    const cJSON **slot = member;
    *slot = node;
    return 0;
}

static int read_custom(const struct syn_json *doc, const cJSON *node,
                       const struct syn_json_field *field, void *member, struct syn_error *error)
{
    return field->read(doc, node, member, error);
}

static const type_reader readers[] = {
    [SYN_JSON_IGNORED] = read_ignored, [SYN_JSON_STRING] = read_string,
    [SYN_JSON_NAME] = read_name,       [SYN_JSON_TEXT] = read_text,
    [SYN_JSON_BOOL] = read_bool,       [SYN_JSON_INT] = read_int,
    [SYN_JSON_DOUBLE] = read_double,   [SYN_JSON_ENUM] = read_enum,
    [SYN_JSON_HEX64] = read_hex64,     [SYN_JSON_NODE] = read_node,
    [SYN_JSON_CUSTOM] = read_custom,
};

int syn_json_value(const struct syn_json *doc, const cJSON *node,
                   const struct syn_json_field *field, void *member, struct syn_error *error)
{
    return readers[field->type](doc, node, field, member, error);
}

static const struct syn_json_field *find_field(const struct syn_json_field *fields, size_t count,
                                               const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static int unknown_field(const struct syn_json *doc, const cJSON *member,
                         const struct syn_json_field *fields, size_t count, struct syn_error *error)
{
    struct syn_suggest s = {.word = member->string};
    for (size_t i = 0; i < count; i++)
        syn_suggest_offer(&s, fields[i].name);
    syn_json_error(doc, member, SYN_EINVAL, error, "unknown field \"%.40s\"%s%s%s", member->string,
                   s.best ? ", did you mean \"" : "", s.best ? s.best : "", s.best ? "\"?" : "");
    return SYN_EINVAL;
}

static int check_required(const struct syn_json *doc, const cJSON *object,
                          const struct syn_json_field *fields, size_t count,
                          struct syn_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].required && !syn_json_get(object, fields[i].name))
            return syn_json_error(doc, object, SYN_EINVAL, error, "field \"%s\" is missing",
                                  fields[i].name);
    return 0;
}

int syn_json_fill(const struct syn_json *doc, const cJSON *object,
                  const struct syn_json_field *fields, size_t count, void *out,
                  struct syn_error *error)
{
    if (!cJSON_IsObject(object))
        return expected(doc, object, error, "an object {...}");
    int result = 0;
    for (const cJSON *m = object->child; m && result == 0; m = m->next) {
        const struct syn_json_field *field = find_field(fields, count, m->string);
        result = field ? syn_json_value(doc, m, field, (char *)out + field->offset, error)
                       : unknown_field(doc, m, fields, count, error);
    }
    return result < 0 ? result : check_required(doc, object, fields, count, error);
}

int syn_json_array(const struct syn_json *doc, const cJSON *node, int min, int max,
                   struct syn_error *error)
{
    if (!cJSON_IsArray(node))
        return expected(doc, node, error, "a list [...]");
    int count = cJSON_GetArraySize(node);
    if (count < min || count > max)
        return syn_json_error(doc, node, SYN_EINVAL, error, "%d elements; %d to %d are allowed",
                              count, min, max);
    return 0;
}
