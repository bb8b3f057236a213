/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats of core/import: the vendor's network description, and a checkpoint by mistake. */
#ifndef SYN_CORE_IMPORT_VENDOR_VENDOR_H
#define SYN_CORE_IMPORT_VENDOR_VENDOR_H

#include "core/import/build/format.h"

extern const struct syn_import_format syn_import_vendor, syn_import_checkpoint;

#endif
