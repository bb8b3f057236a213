/* SPDX-License-Identifier: MIT */
/* Words and classes of SMP's codes, group by group: for hosts, firmware has none of it. */
#include "devices/wire/smp.h"

struct code {
    const char *text;
    int error;
};

static const struct code protocol[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"out of memory", SYN_EDEVICE},
    {"invalid request", SYN_EDEVICE},
    {"time-out inside the device", SYN_EDEVICE},
    {"no such entry", SYN_ENOENT},
    {"not possible in the device's present state", SYN_ESTATE},
    {"message too long", SYN_EDEVICE},
    {"not supported by the device", SYN_EUNSUP},
    {"corrupt data", SYN_ECORRUPT},
    {"busy", SYN_EBUSY},
    {"access denied", SYN_EACCESS},
    {"protocol version too old for the device", SYN_EUNSUP},
    {"protocol version too new for the device", SYN_EUNSUP},
};

static const struct code synergy[] = {
    {"ok", 0},
    {"content differs from its hash", SYN_ECORRUPT},
    {"no room in the chunk store", SYN_EOOR},
    {"chunk not complete", SYN_ENOENT},
    {"does not fit", SYN_EOOR},
    {"wrong transaction", SYN_ESTATE},
    {"not while running", SYN_ESTATE},
    {"no such sensor or file", SYN_ENOENT},
};

static const struct code os[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"invalid format", SYN_EINVAL},
    {"the query has no answer", SYN_ENOENT},
    {"clock not set", SYN_ESTATE},
    {"clock command failed", SYN_EDEVICE},
    {"no answer is needed", SYN_EDEVICE},
};

static const struct code img[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"flash layout unknown", SYN_EDEVICE},
    {"no image in the slot", SYN_ENOENT},
    {"image without trailer", SYN_ECORRUPT},
    {"image with an invalid trailer", SYN_ECORRUPT},
    {"image with several hashes", SYN_ECORRUPT},
    {"image with a trailer of wrong size", SYN_ECORRUPT},
    {"image hash not found", SYN_ENOENT},
    {"no free slot", SYN_EBUSY},
    {"flash cannot be opened", SYN_EDEVICE},
    {"flash cannot be read", SYN_EDEVICE},
    {"flash cannot be written", SYN_EDEVICE},
    {"flash cannot be erased", SYN_EDEVICE},
    {"no such slot", SYN_ENOENT},
    {"out of memory", SYN_EDEVICE},
    {"flash already open", SYN_EBUSY},
    {"flash not open", SYN_ESTATE},
    {"no flash device", SYN_EDEVICE},
    {"invalid page offset", SYN_EDEVICE},
    {"offset missing", SYN_EDEVICE},
    {"length missing", SYN_EDEVICE},
    {"image header too short", SYN_ECORRUPT},
    {"not an image: wrong magic number", SYN_ECORRUPT},
    {"invalid hash", SYN_ECORRUPT},
    {"image is linked for another address", SYN_EINVAL},
    {"version cannot be read", SYN_EDEVICE},
    {"the image on the device is newer", SYN_ESTATE},
    {"an image is already pending", SYN_ESTATE},
    {"invalid vector table", SYN_ECORRUPT},
    {"image too large", SYN_EOOR},
    {"more data than announced", SYN_ECORRUPT},
    {"confirming this image is not allowed", SYN_EACCESS},
    {"the running image cannot be set to test", SYN_ESTATE},
    {"running slot unknown", SYN_EDEVICE},
};

static const struct code stat[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"no such group of counters", SYN_ENOENT},
    {"counter without a name", SYN_EDEVICE},
    {"counter of unknown size", SYN_EDEVICE},
    {"reading the counters was aborted", SYN_EDEVICE},
};

static const struct code fs[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"invalid file name", SYN_EINVAL},
    {"no such file", SYN_ENOENT},
    {"is a directory", SYN_EINVAL},
    {"file cannot be opened", SYN_EDEVICE},
    {"file cannot be positioned", SYN_EDEVICE},
    {"file cannot be read", SYN_EDEVICE},
    {"file cannot be truncated", SYN_EDEVICE},
    {"file cannot be deleted", SYN_EDEVICE},
    {"file cannot be written", SYN_EDEVICE},
    {"offset not valid", SYN_EINVAL},
    {"offset beyond the end of the file", SYN_EINVAL},
    {"no such kind of hash", SYN_EUNSUP},
    {"no such mount point", SYN_ENOENT},
    {"file system is read-only", SYN_EACCESS},
    {"file is empty", SYN_ENOENT},
};

static const struct code shell[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"command too long", SYN_EINVAL},
    {"no command", SYN_EINVAL},
};

static const struct code enumeration[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"too many groups at once", SYN_EINVAL},
    {"out of memory", SYN_EDEVICE},
    {"no such group", SYN_ENOENT},
};

static const struct code settings[] = {
    {"ok", 0},
    {"unknown error", SYN_EDEVICE},
    {"name of the setting too long", SYN_EINVAL},
    {"the setting has no value", SYN_ENOENT},
    {"the setting cannot be read", SYN_EACCESS},
    {"no such setting", SYN_ENOENT},
    {"the setting cannot be written", SYN_EACCESS},
    {"the setting cannot be deleted", SYN_EACCESS},
    {"settings cannot be saved one by one", SYN_EUNSUP},
};

struct table {
    uint16_t group;
    uint16_t count;
    const struct code *codes;
};

static const struct table tables[] = {
#define TABLE(group, codes)                                                                        \
    {                                                                                              \
        group, sizeof codes / sizeof codes[0], codes                                               \
    }
    TABLE(SYN_GROUP_NONE, protocol),     TABLE(SYN_GROUP_OS, os),
    TABLE(SYN_GROUP_IMG, img),           TABLE(SYN_GROUP_STAT, stat),
    TABLE(SYN_GROUP_SETTINGS, settings), TABLE(SYN_GROUP_FS, fs),
    TABLE(SYN_GROUP_SHELL, shell),       TABLE(SYN_GROUP_ENUM, enumeration),
    TABLE(SYN_GROUP_SYNERGY, synergy),
#undef TABLE
};

static const struct table *find_table(uint16_t group)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].group == group)
            return &tables[i];
    return NULL;
}

static const struct code *find_code(uint16_t group, uint32_t rc)
{
    static const struct code unknown = {"error that its group does not name", SYN_EDEVICE};
    const struct table *table = find_table(group);
    return table && rc < table->count ? &table->codes[rc] : rc == 0 ? &protocol[0] : &unknown;
}

const char *syn_smp_rc_text(uint16_t group, uint32_t rc)
{
    return find_code(group, rc)->text;
}

int syn_smp_rc_errno(uint16_t group, uint32_t rc)
{
    return find_code(group, rc)->error;
}
