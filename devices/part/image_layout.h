/* SPDX-License-Identifier: MIT */
/* Records of the chunk image (IMAGE.md), shared by writer and reader only. */
#ifndef SYN_DEVICES_PART_IMAGE_LAYOUT_H
#define SYN_DEVICES_PART_IMAGE_LAYOUT_H

#include "devices/part/image.h"

#define IMAGE_MAGIC   "SYNC"
#define IMAGE_VERSION 1
#define IMAGE_HEAD    20u
#define IMAGE_TENSOR  10u
#define IMAGE_LAYER   96u

void syn_image_put_tensor(uint8_t *p, const struct syn_port_tensor *t);
void syn_image_get_tensor(const uint8_t *p, struct syn_port_tensor *t);
void syn_image_put_layer(uint8_t *p, const struct syn_layer *l, uint32_t offset);
/* Returns the offset of the weights; nothing is checked. */
uint32_t syn_image_get_layer(const uint8_t *p, struct syn_layer *l);

#endif
