/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vendor's descriptions name a data set where a shape is meant; these are the known ones. */
#ifndef SYN_CORE_IMPORT_VENDOR_DATASETS_H
#define SYN_CORE_IMPORT_VENDOR_DATASETS_H

#include "devices/part/layer.h"

/* Shape of a sample, letters and digits of `name` compared; channels 0 where it is not known. */
struct syn_shape syn_vendor_dataset(const char *name);

#endif
