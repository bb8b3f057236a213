/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is what a plan was made from still so? */
#include "core/plan/inputs_parts.h"

#include <stdio.h>
#include <string.h>

struct checker {
    const struct syn_json *doc;
    const cJSON *plan, *then, *now; /* the plan, its inputs, those of the problem */
    struct syn_error *error;
};

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(syn_json_get(object, name));
    return text ? text : "";
}

/* ---- words ---- */

/* A unit that is as fast as its profile says has no figure. */
static bool is_speed(const char *name)
{
    return strstr(name, "_permille") != NULL;
}

static const char *speed_words(const cJSON *value, char *text, size_t size)
{
    (void)snprintf(text, size, "%.3f", value ? value->valuedouble / 1000 : 1.0);
    return text;
}

static const char *value_words(const cJSON *value, char *text, size_t size)
{
    char *printed = value ? cJSON_PrintUnformatted(value) : NULL;
    (void)snprintf(text, size, "%.*s", (int)size - 1, printed ? printed : "not given");
    cJSON_free(printed);
    return text;
}

/* ": accel_hz was 50000000 and is 40000000": the first member that differs. */
static void difference(const cJSON *then, const cJSON *now, char *text, size_t size)
{
    const cJSON *const sides[] = {then, now};
    text[0] = '\0';
    for (unsigned side = 0; side < 2; side++) {
        const cJSON *member;
        cJSON_ArrayForEach(member, sides[side])
        {
            const cJSON *a = syn_json_get(then, member->string);
            const cJSON *b = syn_json_get(now, member->string);
            char was[96], is[96];
            if (!strcmp(member->string, "hash") || cJSON_Compare(a, b, 1))
                continue;
            if (is_speed(member->string))
                (void)snprintf(text, size, ": its %.*s had %s of the profile's speed, now %s",
                               (int)strcspn(member->string, "_"), member->string,
                               speed_words(a, was, sizeof was), speed_words(b, is, sizeof is));
            else
                (void)snprintf(text, size, ": %s was %s and is %s", member->string,
                               value_words(a, was, sizeof was), value_words(b, is, sizeof is));
            return;
        }
    }
}

static int changed(const struct checker *c, const char *what)
{
    syn_error_set(c->error, SYN_ESTATE, "this plan no longer holds: %s", what);
    syn_error_hint(c->error, "search again: plan search; or judge it by what is there now: plan "
                             "export ID FILE, then plan import FILE --anyway");
    return SYN_ESTATE;
}

/* ---- shape ---- */

static int check_seal(const struct checker *c, const cJSON *input)
{
    char hash[SYN_INPUT_HASH_TEXT];
    if (!syn_input_hash(input, hash))
        return syn_error_set(c->error, SYN_ENOMEM, "no memory to check a plan");
    if (!strcmp(hash, text_of(input, "hash")))
        return 0;
    return syn_json_error(c->doc, syn_json_get(input, "hash"), SYN_ECORRUPT, c->error,
                          "this is not the hash of what stands beside it");
}

/* Objects with a name and a hash, sealed where `sealed`. */
static int check_shape(const struct checker *c, const char *kind, bool sealed)
{
    const cJSON *array = syn_json_get(c->then, kind), *input;
    if (!cJSON_IsArray(array))
        return syn_json_error(c->doc, array ? array : c->then, SYN_EINVAL, c->error,
                              "a list \"%s\" is expected", kind);
    cJSON_ArrayForEach(input, array)
    {
        if (!cJSON_IsObject(input) || !text_of(input, "name")[0] || !text_of(input, "hash")[0])
            return syn_json_error(c->doc, input, SYN_EINVAL, c->error,
                                  "an object with \"name\" and \"hash\" is expected");
        int rc = sealed ? check_seal(c, input) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- what the plan relies on ---- */

/* A device of a chunk, or "": index -1 is the source, the one behind the last the target. */
static const char *stop_of(const cJSON *pipeline, int index)
{
    const cJSON *chunks = syn_json_get(pipeline, "chunks");
    const int count = cJSON_GetArraySize(chunks);
    if (index < 0)
        return text_of(pipeline, "source");
    if (index >= count)
        return text_of(pipeline, "target");
    return text_of(cJSON_GetArrayItem(chunks, index), "device");
}

static bool uses(const struct checker *c, const char *device)
{
    const cJSON *pipeline;
    cJSON_ArrayForEach(pipeline, syn_json_get(c->plan, "pipelines"))
    {
        const int count = cJSON_GetArraySize(syn_json_get(pipeline, "chunks"));
        for (int i = -1; cJSON_IsObject(pipeline) && i <= count; i++)
            if (!strcmp(stop_of(pipeline, i), device))
                return true;
    }
    return false;
}

static const cJSON *find(const cJSON *inputs, const char *kind, const cJSON *like)
{
    const cJSON *input;
    cJSON_ArrayForEach(input, syn_json_get(inputs, kind))
    {
        if (!strcmp(text_of(input, "name"), text_of(like, "name")) &&
            !strcmp(text_of(input, "app"), text_of(like, "app")))
            return input;
    }
    return NULL;
}

static int missing(const struct checker *c, const char *kind, const char *name)
{
    return syn_json_error(c->doc, syn_json_get(c->then, kind), SYN_ECORRUPT, c->error,
                          "nothing is said of %.64s, on which the plan relies", name);
}

/* ---- one kind after the other ---- */

static int check_models(const struct checker *c)
{
    const cJSON *then, *known;
    cJSON_ArrayForEach(known, syn_json_get(c->now, "models"))
    {
        if (!find(c->then, "models", known))
            return missing(c, "models", text_of(known, "name"));
    }
    cJSON_ArrayForEach(then, syn_json_get(c->then, "models"))
    {
        const cJSON *now = find(c->now, "models", then);
        char what[192];
        if (!now || !strcmp(text_of(then, "hash"), text_of(now, "hash")))
            continue;
        (void)snprintf(what, sizeof what,
                       "model %.64s has other layers or weights than when it was made",
                       text_of(then, "name"));
        return changed(c, what);
    }
    return 0;
}

static int pipeline_gone(const struct checker *c, const cJSON *pipeline, const char *how)
{
    char what[256];
    (void)snprintf(what, sizeof what, "app %.64s %s pipeline %.64s", text_of(pipeline, "app"), how,
                   text_of(pipeline, "name"));
    return changed(c, what);
}

static int check_pipelines(const struct checker *c)
{
    const cJSON *then, *now;
    cJSON_ArrayForEach(then, syn_json_get(c->then, "pipelines"))
    {
        char what[512], how[256];
        now = find(c->now, "pipelines", then);
        if (!now)
            return pipeline_gone(c, then, "no longer has a");
        if (!strcmp(text_of(then, "hash"), text_of(now, "hash")))
            continue;
        difference(then, now, how, sizeof how);
        (void)snprintf(what, sizeof what, "pipeline %.64s of app %.64s is not what it was%s",
                       text_of(then, "name"), text_of(then, "app"), how);
        return changed(c, what);
    }
    cJSON_ArrayForEach(now, syn_json_get(c->now, "pipelines"))
    {
        if (!find(c->then, "pipelines", now))
            return pipeline_gone(c, now, "has a new");
    }
    return 0;
}

static int check_devices(const struct checker *c)
{
    const cJSON *then, *known;
    cJSON_ArrayForEach(known, syn_json_get(c->now, "devices"))
    {
        const char *name = text_of(known, "name");
        if (uses(c, name) && !find(c->then, "devices", known))
            return missing(c, "devices", name);
        if (uses(c, name) && !find(c->then, "links", known))
            return missing(c, "links", name);
    }
    cJSON_ArrayForEach(then, syn_json_get(c->then, "devices"))
    {
        const cJSON *now = find(c->now, "devices", then);
        char what[512], how[256];
        if (!now || !uses(c, text_of(then, "name")) ||
            !strcmp(text_of(then, "hash"), text_of(now, "hash")))
            continue;
        difference(then, now, how, sizeof how);
        (void)snprintf(what, sizeof what, "device %.32s is not what it was%s",
                       text_of(then, "name"), how);
        return changed(c, what);
    }
    return 0;
}

/* "directly", "over the console's wires", "over the console's radio"; NULL: not known. */
static const char *way(const cJSON *inputs, const char *from, const char *to)
{
    const cJSON *link, *name;
    cJSON_ArrayForEach(link, syn_json_get(inputs, "links"))
    {
        if (strcmp(text_of(link, "name"), from))
            continue;
        cJSON_ArrayForEach(name, syn_json_get(link, "direct"))
        {
            if (cJSON_IsString(name) && !strcmp(name->valuestring, to))
                return "directly";
        }
        const cJSON *measured = syn_json_get(syn_json_get(link, "measured"), to);
        if (measured)
            return cJSON_GetNumberValue(cJSON_GetArrayItem(measured, 0)) > 0
                       ? "over a wire of their own"
                       : "over a link that was measured";
        return cJSON_IsTrue(syn_json_get(link, "wired")) ? "over wires of the console"
                                                         : "over the console's radio";
    }
    return NULL;
}

static int check_hop(const struct checker *c, const char *from, const char *to)
{
    const char *then = way(c->then, from, to), *now = way(c->now, from, to);
    char what[256];
    if (!strcmp(from, to) || !then || !now || !strcmp(then, now))
        return 0;
    (void)snprintf(what, sizeof what, "%.32s reached %.32s %s and now does %s", from, to, then,
                   now);
    return changed(c, what);
}

static int check_links(const struct checker *c)
{
    const cJSON *pipeline;
    int rc = 0;
    cJSON_ArrayForEach(pipeline, syn_json_get(c->plan, "pipelines"))
    {
        const int count = cJSON_GetArraySize(syn_json_get(pipeline, "chunks"));
        for (int i = -1; !rc && cJSON_IsObject(pipeline) && i < count; i++)
            rc = check_hop(c, stop_of(pipeline, i), stop_of(pipeline, i + 1));
    }
    return rc;
}

/* Objective and constraints stand in the plan itself: whoever edits them edits the question. */
static int check_question(const struct checker *c)
{
    const cJSON *then = syn_json_get(c->then, "question"), *now = syn_json_get(c->now, "question");
    char what[512], how[256];
    if (!cJSON_IsObject(then) || !text_of(then, "hash")[0])
        return syn_json_error(c->doc, then ? then : c->then, SYN_EINVAL, c->error,
                              "an object \"question\" with a \"hash\" is expected");
    int rc = check_seal(c, then);
    if (rc)
        return rc;
    if (!strcmp(text_of(then, "hash"), text_of(now, "hash")))
        return 0;
    difference(then, now, how, sizeof how);
    (void)snprintf(what, sizeof what, "objective or constraints are not those of its search%s",
                   how);
    return changed(c, what);
}

static int check_all(const struct checker *c)
{
    static const char *const sealed[] = {"pipelines", "devices", "links"};
    int rc = check_shape(c, "models", false);
    for (unsigned i = 0; !rc && i < sizeof sealed / sizeof sealed[0]; i++)
        rc = check_shape(c, sealed[i], true);
    if (!rc)
        rc = check_pipelines(c);
    if (!rc)
        rc = check_models(c);
    if (!rc)
        rc = check_devices(c);
    if (!rc)
        rc = check_links(c);
    return rc ? rc : check_question(c);
}

int syn_plan_inputs_check(const struct syn_json *doc, const cJSON *root,
                          const struct syn_problem *problem, struct syn_error *error)
{
    struct checker c = {.doc = doc, .plan = root, .error = error};
    c.then = syn_json_get(root, "inputs");
    if (!c.then)
        return 0;
    if (!cJSON_IsObject(c.then))
        return syn_json_error(doc, c.then, SYN_EINVAL, error, "an object is expected");
    cJSON *now = syn_plan_inputs(problem, root);
    c.now = now;
    int rc = now ? check_all(&c) : syn_error_set(error, SYN_ENOMEM, "no memory to check a plan");
    cJSON_Delete(now);
    return rc;
}
