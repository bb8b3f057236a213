/* SPDX-License-Identifier: MIT */
#include "devices/wire/smp.h"

static const struct {
    uint16_t group;
    const char *name;
} groups[] = {
    {SYN_GROUP_NONE, "protocol"},     {SYN_GROUP_OS, "os"},
    {SYN_GROUP_IMG, "image"},         {SYN_GROUP_STAT, "statistics"},
    {SYN_GROUP_SETTINGS, "settings"}, {SYN_GROUP_LOG, "log"},
    {SYN_GROUP_CRASH, "crash"},       {SYN_GROUP_SPLIT, "split"},
    {SYN_GROUP_RUN, "run"},           {SYN_GROUP_FS, "file system"},
    {SYN_GROUP_SHELL, "shell"},       {SYN_GROUP_ENUM, "enumeration"},
    {SYN_GROUP_SYNERGY, "synergy"},
};

const char *syn_smp_group_text(uint16_t group)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i].group == group)
            return groups[i].name;
    return NULL;
}
