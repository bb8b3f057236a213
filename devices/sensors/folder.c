/* SPDX-License-Identifier: MIT */
/* A folder of sounds: FOLDER/LABEL/NAME.wav, or FOLDER/NAME.wav where nobody knows what is said. */
#include "devices/sensors/formats.h"

#include "devices/base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SOUNDS_MAX = 1000000 };

struct sound {
    size_t turn; /* which one of its label */
    char *name;  /* below the folder: "yes/1.wav"; owned */
    char *label; /* "yes", "" without; owned */
};

struct syn_sensor_folder {
    char *path;
    struct sound *sounds;
    size_t count, room;
};

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        (void)snprintf(path, size, "%s%s%s", folder, folder[0] ? "/" : "", name);
    return path;
}

static bool is_sound(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".wav") == 0;
}

static bool add_sound(struct syn_sensor_folder *f, const char *label, const char *name)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        struct sound *sounds =
            f->count < SOUNDS_MAX ? realloc(f->sounds, room * sizeof *sounds) : NULL;
        if (!sounds)
            return false;
        f->sounds = sounds;
        f->room = room;
    }
    struct sound *s = &f->sounds[f->count];
    *s = (struct sound){.name = join(label, name), .label = strdup(label)};
    f->count++;
    return s->name && s->label;
}

/* Adds the sounds of the folder `label` below `f`, "": of `f` itself and of all folders in it. */
static int look_into(struct syn_sensor_folder *f, const char *label)
{
    char *path = label[0] ? join(f->path, label) : strdup(f->path);
    DIR *dir = path ? opendir(path) : NULL;
    int rc = path ? 0 : SYN_ENOMEM;
    free(path);
    for (const struct dirent *e; rc == 0 && dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        if (is_sound(e->d_name))
            rc = add_sound(f, label, e->d_name) ? 0 : SYN_ENOMEM;
        else if (!label[0])
            rc = look_into(f, e->d_name);
    }
    if (dir)
        (void)closedir(dir);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct sound *x = a, *y = b;
    int labels = strcmp(x->label, y->label);
    return labels ? labels : strcmp(x->name, y->name);
}

static int by_turn(const void *a, const void *b)
{
    const struct sound *x = a, *y = b;
    return x->turn != y->turn ? (x->turn > y->turn) - (x->turn < y->turn) : by_name(a, b);
}

/* The first of each label by name, then the second of each, and so on. */
static void take_turns(struct syn_sensor_folder *f)
{
    qsort(f->sounds, f->count, sizeof *f->sounds, by_name);
    for (size_t i = 1; i < f->count; i++)
        if (strcmp(f->sounds[i].label, f->sounds[i - 1].label) == 0)
            f->sounds[i].turn = f->sounds[i - 1].turn + 1;
    qsort(f->sounds, f->count, sizeof *f->sounds, by_turn);
}

int syn_sensor_read_folder(struct syn_sensor_file *f, const char *path, char *why, size_t why_size)
{
    struct syn_sensor_folder *folder = f->folder = calloc(1, sizeof *folder);
    if (folder)
        folder->path = strdup(path);
    int rc = folder && folder->path ? look_into(folder, "") : SYN_ENOMEM;
    if (rc)
        return rc;
    if (folder->count == 0) {
        (void)snprintf(why, why_size, "a folder without sounds: LABEL/NAME.wav is looked for");
        return SYN_ECORRUPT;
    }
    take_turns(folder);
    f->coding = SYN_CODING_SOUND;
    f->count = folder->count;
    return 0;
}

void syn_sensor_free_folder(struct syn_sensor_folder *folder)
{
    for (size_t i = 0; folder && i < folder->count; i++) {
        free(folder->sounds[i].name);
        free(folder->sounds[i].label);
    }
    if (folder) {
        free(folder->sounds);
        free(folder->path);
    }
    free(folder);
}

const char *syn_sensor_folder_label(const struct syn_sensor_folder *folder, size_t index)
{
    const char *label = folder->sounds[index].label;
    return label[0] ? label : NULL;
}

int syn_sensor_folder_open(const struct syn_sensor_folder *folder, size_t index,
                           struct syn_sensor_file **sound, char *why, size_t why_size)
{
    char *path = join(folder->path, folder->sounds[index].name);
    int rc = path ? syn_sensor_open(sound, path, why, why_size) : SYN_ENOMEM;
    free(path);
    if (rc == 0 && (*sound)->coding != SYN_CODING_SOUND) {
        (void)snprintf(why, why_size, "%s: no WAV file", folder->sounds[index].name);
        syn_sensor_close(*sound);
        *sound = NULL;
        return SYN_ECORRUPT;
    }
    return rc;
}
