/* SPDX-License-Identifier: MIT */
/*
 * Names, addresses and bit fields of the accelerator's registers and memories (PART.md 5): the one
 * table from which the generator (program.h) encodes and the emulator decodes.
 *
 * Everything lies in four quadrants of 16 processors, one stride apart. Byte addresses; registers
 * and memory slots are 32 bits wide. Freestanding, constant, no errors but what is said.
 */
#ifndef SYN_DEVICES_PART_REGISTERS_H
#define SYN_DEVICES_PART_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#define SYN_REG_NONE     0xffff      /* number of a register that a part has not got */
#define SYN_REG_AON      0x50001000u /* power of unused quadrants; the first write of a program */
#define SYN_REG_POWER    0x40005800u /* four registers: power, mask memory, isolation, reset */
#define SYN_REG_FIFO     0x50000000u /* standard FIFO: control, status, data; not used here */
#define SYN_WEIGHT_BYTES 9           /* of one word of weight memory, most significant first */

/* ---- control registers of a quadrant: number times 4 from its base ---------------------- */

enum syn_control_register {
    SYN_REG_CTL,       /* SYN_CTL_* */
    SYN_REG_SRAM,      /* timing of the memories: SYN_SRAM_TIMING */
    SYN_REG_LAST,      /* [7:0] last layer, [15:8] first layer */
    SYN_REG_SRAM_TEST, /* MAX78002: SYN_TEST_* */
};

#define SYN_SRAM_TIMING 0x40eu

#define SYN_CTL_ENABLE       (1u << 0) /* runs, or waits for the master quadrant */
#define SYN_CTL_READY_SEL    (3u << 1)
#define SYN_CTL_CLOCKS       (1u << 3)
#define SYN_CTL_PIPELINE_OFF (1u << 5) /* MAX78002 */
#define SYN_CTL_ONE_SHOT     (1u << 8)
#define SYN_CTL_MASTER(q)    ((uint32_t)(q) << 9) /* [10:9] */
#define SYN_CTL_EXT_SYNC     (1u << 11)           /* starts with the master quadrant */
#define SYN_CTL_DONE         (1u << 12)           /* interrupt; write 0 to clear, with ENABLE */
#define SYN_CTL_POOL_ROUND   (1u << 13)           /* average pooling rounds half away from 0 */
#define SYN_CTL_STREAMING    (1u << 14)
#define SYN_CTL_FIFO         (1u << 15)
#define SYN_CTL_MEXPRESS     (1u << 20) /* weights arrive packed, see SYN_REG weights below */
#define SYN_CTL_SIMPLE_1BIT  (1u << 21)
#define SYN_CTL_BINARY       (1u << 30) /* MAX78002: weights of one bit are -1 and 1 */

#define SYN_TEST_CLEAR      0x1880u /* zero the layer registers */
#define SYN_TEST_CLEAR_BIAS 0x1c80u /* and the bias memory */
#define SYN_TEST_CLEARED    (1u << 25)

/* ---- registers of a layer --------------------------------------------------------------- */

/* name, number on the MAX78000, on the MAX78002, the vendor's words; in the vendor's order of
 * writing, which the generator keeps */
#define SYN_LAYER_REGISTERS(X)                                                                     \
    X(NEXT, SYN_REG_NONE, 0, "Next Layer")                                                         \
    X(ROWS, 0, 1, "Rows")                                                                          \
    X(COLUMNS, 1, 2, "Columns")                                                                    \
    X(POOL_ROWS, 3, 4, "Pooling rows")                                                             \
    X(POOL_COLUMNS, 4, 5, "Pooling columns")                                                       \
    X(STRIDE, 5, 6, "Stride")                                                                      \
    X(WRITE_BASE, 6, 7, "SRAM write ptr")                                                          \
    X(WRITE_SLOT, 7, 8, "Write ptr time slot offs")                                                \
    X(WRITE_MASK, 8, 9, "Write ptr mask offs")                                                     \
    X(WRITE_PASS, 9, 10, "Write ptr multi-pass channel offs")                                      \
    X(READ_BASE, 10, 11, "SRAM read ptr")                                                          \
    X(CONTROL, 11, 12, "Layer control")                                                            \
    X(CONTROL2, 20, 13, "Layer control 2")                                                         \
    X(MASK, 12, SYN_REG_NONE, "Mask offset and count")                                             \
    X(MASK_LAST, SYN_REG_NONE, 14, "Mask count")                                                   \
    X(MASK_FIRST, SYN_REG_NONE, 15, "Mask offset")                                                 \
    X(OUTPUTS, SYN_REG_NONE, 16, "Output channel count")                                           \
    X(ONED, 2, 3, "1D")                                                                            \
    X(CACHE, 13, 17, "TRAM ptr max")                                                               \
    X(POST, 15, 19, "Post processing register")                                                    \
    X(ENABLE, 14, 18, "Mask and processor enables")                                                \
    X(STREAM_START, 16, 0x2000, "Stream processing start")                                         \
    X(STREAM_DELTA, 17, 0x2008, "Stream processing delta")                                         \
    X(STREAM_WRAP, 18, 0x2010, "Rollover")

enum syn_layer_register {
#define X(name, on_78000, on_78002, words) SYN_LREG_##name,
    SYN_LAYER_REGISTERS(X)
#undef X
        SYN_LREG_COUNT
};

/*
 * Fields: name; register, lowest bit and width on the MAX78000; the same on the MAX78002 (width 0:
 * the part has not got it). Counts are of what follows the first, as the hardware counts them.
 */
#define SYN_LAYER_FIELDS(X)                                                                        \
    /* 78002: the layer that comes next, if it is not the next in number; stop behind this one */  \
    X(NEXT_LAYER, NEXT, 0, 0, NEXT, 0, 7)                                                          \
    X(NEXT_LINK, NEXT, 0, 0, NEXT, 7, 1)                                                           \
    X(NEXT_STOP, NEXT, 0, 0, NEXT, 8, 1)                                                           \
    /* 78000: rows - 1 + 2 pad. 78002: row of the last pooling window; convtranspose2d counts      \
     * rows with the zeros between; flatten: 1 */                                                  \
    X(ROWS_LAST, ROWS, 0, 10, ROWS, 0, 11)                                                         \
    X(ROWS_PAD, ROWS, 16, 2, ROWS, 13, 2) /* 78002: less 1, see PADDED */                          \
    X(ROWS_PADDED, ROWS, 0, 0, ROWS, 15, 1)                                                        \
    X(ROWS_STEP, ROWS, 0, 0, ROWS, 16, 16) /* words from the last window of a row to the next */   \
    X(COLUMNS_LAST, COLUMNS, 0, 10, COLUMNS, 0, 11)                                                \
    X(COLUMNS_PAD, COLUMNS, 16, 2, COLUMNS, 13, 2)                                                 \
    X(COLUMNS_PADDED, COLUMNS, 0, 0, COLUMNS, 15, 1)                                               \
    X(COLUMNS_STEP, COLUMNS, 0, 0, COLUMNS, 16, 16) /* columns behind the last window */           \
    X(SLOTS_LAST, ONED, 0, 4, ONED, 0, 4)           /* time slots of a passthrough, depthwise */   \
    X(WEIGHT_SKIP, ONED, 4, 4, ONED, 4, 4)    /* bytes between MASK_FIRST and the first weight */  \
    X(LINE_LENGTH, ONED, 8, 4, ONED, 8, 4)    /* conv1d: kernel; 1x1, linear, passthrough: 1 */    \
    X(LINE, ONED, 12, 1, ONED, 12, 1)         /* conv1d */                                         \
    X(ELTWISE, ONED, 13, 1, ONED, 13, 1)      /* several operands */                               \
    X(ELTWISE_FN, ONED, 14, 2, ONED, 14, 2)   /* enum syn_eltwise_code */                          \
    X(POOL_FIRST, ONED, 16, 1, ONED, 16, 1)   /* pooled, then element-wise */                      \
    X(ELTWISE_CONV, ONED, 17, 1, ONED, 17, 1) /* a convolution follows the element-wise */         \
    X(OPERANDS_LAST, ONED, 18, 4, ONED, 18, 4)                                                     \
    X(POOL_ROWS_LAST, POOL_ROWS, 0, 4, POOL_ROWS, 0, 4) /* (pool - 1) dilation */                  \
    X(POOL_ROWS_GAP, POOL_ROWS, 0, 0, POOL_ROWS, 4, 4)  /* dilation - 1 */                         \
    X(POOL_COLUMNS_LAST, POOL_COLUMNS, 0, 4, POOL_COLUMNS, 0, 4)                                   \
    X(POOL_COLUMNS_GAP, POOL_COLUMNS, 0, 0, POOL_COLUMNS, 4, 4)                                    \
    X(STRIDE_LAST, STRIDE, 0, 4, STRIDE, 0, 4)                                                     \
    X(STRIDE_WORDS, STRIDE, 0, 0, STRIDE, 4, 12) /* words between windows of a row */              \
    X(WRITE_WORD, WRITE_BASE, 0, 13, WRITE_BASE, 0, 15)                                            \
    X(WRITE_INSTANCE, WRITE_BASE, 13, 4, WRITE_BASE, 15, 6)                                        \
    X(WRITE_SLOT_STEP, WRITE_SLOT, 0, 17, WRITE_SLOT, 0, 21) /* in the unit of WRITE_BASE */       \
    X(WRITE_MASK_STEP, WRITE_MASK, 0, 17, WRITE_MASK, 0, 21) /* the next instance */               \
    X(WRITE_PASS_STEP, WRITE_PASS, 0, 17, WRITE_PASS, 0, 21) /* words between output passes */     \
    X(READ_WORD, READ_BASE, 0, 17, READ_BASE, 0, 21)                                               \
    X(ALWAYS, CONTROL, 5, 1, CONTROL, 5, 1)                                                        \
    X(CHW, CONTROL, 6, 1, CONTROL, 6, 1)                                                           \
    X(POOL, CONTROL, 7, 1, CONTROL, 7, 1)                                                          \
    X(POOL_MAX, CONTROL, 8, 1, CONTROL, 8, 1) /* 0: average; set, too, where nothing is pooled */  \
    X(RELU, CONTROL, 9, 1, CONTROL, 9, 1)                                                          \
    X(GLOBAL_WRITE, CONTROL, 11, 1, CONTROL, 11, 1)                                                \
    X(SOURCES, CONTROL, 12, 4, CONTROL, 12, 4) /* quadrants whose sums are added in the master */  \
    X(WIDE, CONTROL, 16, 1, CONTROL, 16, 1)    /* 32-bit output */                                 \
    X(READ_AHEAD, CONTROL, 0, 0, CONTROL, 17, 1)                                                   \
    X(KERNEL_COLUMNS_LAST, CONTROL, 0, 0, CONTROL, 18, 4)                                          \
    X(KERNEL_ROWS_LAST, CONTROL, 0, 0, CONTROL, 22, 4)                                             \
    X(BROADCAST, CONTROL, 0, 0, CONTROL, 29, 1) /* depthwise over all instances of a quadrant */   \
    X(BYPASS, CONTROL, 0, 0, CONTROL, 30, 1)    /* no weights: a copy */                           \
    X(PASSES_LAST, CONTROL2, 0, 4, CONTROL2, 0, 4)   /* flatten: low 4 of passes H W - 1 */        \
    X(WRITE_SKIP, CONTROL2, 4, 4, CONTROL2, 4, 8)    /* words between output pixels, less 1 */     \
    X(OUTPUT_BITS, CONTROL2, 8, 9, CONTROL2, 12, 10) /* last output processor, in bits */          \
    X(MASK_LAST, MASK, 0, 16, MASK_LAST, 0, 19)      /* bits; 8 a byte of weights */               \
    X(MASK_FIRST, MASK, 16, 16, MASK_FIRST, 0, 19)                                                 \
    X(OUTPUTS_LAST, OUTPUTS, 0, 0, OUTPUTS, 0, 20)                                                 \
    X(CACHE_LAST, CACHE, 0, 16, CACHE, 0, 16)                                                      \
    X(CACHE_FIRST, CACHE, 16, 16, CACHE, 16, 16)                                                   \
    X(PROCESSORS, ENABLE, 0, 16, ENABLE, 0, 16)                                                    \
    X(MASKS, ENABLE, 16, 16, ENABLE, 16, 16) /* weight memories; 0 for passthrough */              \
    X(BIAS_BYTE, POST, 0, 12, POST, 0, 12)                                                         \
    X(BIAS, POST, 12, 1, POST, 12, 1)                                                              \
    X(SHIFT, POST, 13, 4, POST, 13, 4)                                                             \
    X(SHIFT_RIGHT, POST, 17, 1, POST, 17, 1)                                                       \
    X(FLATTEN_HIGH, POST, 18, 4, POST, 18, 4) /* high bits of passes H W - 1 */                    \
    X(WEIGHT_WIDTH, POST, 22, 2, POST, 22, 2) /* enum syn_width_code */                            \
    X(TIME_SLOTS, POST, 24, 1, POST, 24, 1)                                                        \
    X(PASSTHROUGH, POST, 25, 1, POST, 25, 1)                                                       \
    X(ABS, POST, 26, 1, POST, 26, 1)                                                               \
    X(FLATTEN, POST, 27, 1, POST, 27, 1) /* from 17 pixels times passes on */                      \
    X(TRANSPOSE, POST, 28, 1, POST, 28, 1)                                                         \
    X(CALC_X4, POST, 0, 0, POST, 29, 1)                                                            \
    X(DEPTHWISE, POST, 0, 0, POST, 30, 1)                                                          \
    X(TCALC, POST, 0, 0, POST, 31, 1)

enum syn_layer_field {
#define X(name, r0, b0, w0, r2, b2, w2) SYN_FIELD_##name,
    SYN_LAYER_FIELDS(X)
#undef X
        SYN_FIELD_COUNT
};

enum syn_eltwise_code { SYN_ELT_SUB, SYN_ELT_ADD, SYN_ELT_OR, SYN_ELT_XOR };
enum syn_width_code { SYN_WIDTH_8, SYN_WIDTH_1, SYN_WIDTH_2, SYN_WIDTH_4 };

struct syn_field {
    uint8_t reg; /* enum syn_layer_register */
    uint8_t bit, width;
};

/* ---- a part ----------------------------------------------------------------------------- */

/*
 * Offsets are from the base of a quadrant. Weight memory has a slot of 16 bytes for each word of
 * 9 and is written either slot by slot or, with SYN_CTL_MEXPRESS, as a stream: the byte 1 goes to
 * (processor's base + 4 column) | 1, then words of 32 bits, most significant byte first, to
 * addresses from (base + 4 column) on; nine bytes make a word of the memory.
 * Bias memory: a slot of 4 bytes for each byte. Data memory: words of four bytes, processor p of
 * the four that share an instance in byte p mod 4, least significant first.
 */
struct syn_registers {
    uint32_t base, quadrant_stride;
    uint32_t layer, layer_stride, number_stride; /* layer registers */
    uint32_t bias, cache, weights, data;
    uint32_t cache_stride, weight_stride, data_stride; /* per processor, processor, instance */
    uint32_t cache_words;                              /* of a processor (TRAM) */
    uint8_t instance_shift;                            /* WRITE_BASE: instance above the word */
    uint8_t stream_from;                               /* first register with stride 4 for layers */
    uint16_t number[SYN_LREG_COUNT];                   /* SYN_REG_NONE where there is none */
    struct syn_field field[SYN_FIELD_COUNT];
};

extern const struct syn_registers syn_registers_max78000, syn_registers_max78002;

struct syn_part;

/* NULL for parts of another kind. */
const struct syn_registers *syn_registers_of(const struct syn_part *part);

static inline uint32_t syn_quadrant_address(const struct syn_registers *r, unsigned quadrant)
{
    return r->base + quadrant * r->quadrant_stride;
}

static inline uint32_t syn_control_address(const struct syn_registers *r, unsigned quadrant,
                                           enum syn_control_register control)
{
    return syn_quadrant_address(r, quadrant) + 4 * (uint32_t)control;
}

/* The part must have the register. */
static inline uint32_t syn_layer_address(const struct syn_registers *r, unsigned quadrant,
                                         unsigned layer, enum syn_layer_register reg)
{
    return syn_quadrant_address(r, quadrant) + r->layer + r->number[reg] * r->number_stride +
           layer * ((unsigned)reg < r->stream_from ? r->layer_stride : 4);
}

static inline uint32_t syn_bias_address(const struct syn_registers *r, unsigned quadrant,
                                        unsigned byte)
{
    return syn_quadrant_address(r, quadrant) + r->bias + 4 * byte;
}

/* Base of the weight memory of a processor, 0..63. */
static inline uint32_t syn_weight_address(const struct syn_registers *r, unsigned processor)
{
    return syn_quadrant_address(r, processor / 16) + r->weights + processor % 16 * r->weight_stride;
}

/* Base of an instance of data memory, 0..15. */
static inline uint32_t syn_data_address(const struct syn_registers *r, unsigned instance)
{
    return syn_quadrant_address(r, instance / 4) + r->data + instance % 4 * r->data_stride;
}

/* The value of a field in the registers of one layer, `values` by enum syn_layer_register. */
static inline uint32_t syn_field_get(const struct syn_registers *r,
                                     const uint32_t values[SYN_LREG_COUNT],
                                     enum syn_layer_field field)
{
    const struct syn_field *f = &r->field[field];

    if (f->width == 0)
        return 0;
    return values[f->reg] >> f->bit & (UINT32_MAX >> (32 - f->width));
}

/* Sets a field; false where the value does not fit or the part has not got it and it is not 0. */
static inline bool syn_field_set(const struct syn_registers *r, uint32_t values[SYN_LREG_COUNT],
                                 enum syn_layer_field field, uint32_t value)
{
    const struct syn_field *f = &r->field[field];
    uint32_t mask = f->width ? UINT32_MAX >> (32 - f->width) : 0;

    if (value & ~mask)
        return false;
    values[f->reg] = (values[f->reg] & ~(mask << f->bit)) | value << f->bit;
    return true;
}

#endif
