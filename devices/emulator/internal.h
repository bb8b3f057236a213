/* SPDX-License-Identifier: MIT */
/*
 * What the files of the emulator share. Data flows one way: bus.c fills memories and registers,
 * decode.c makes a plan of a layer's registers, range.c and hazard.c judge it, weights.c fetches
 * its weights, run.c executes it with the tensors that gather.c reads and scatter.c writes.
 */
#ifndef SYN_DEVICES_EMULATOR_INTERNAL_H
#define SYN_DEVICES_EMULATOR_INTERNAL_H

#include "devices/base/error.h"
#include "devices/emulator/emulator.h"
#include "devices/part/kernels.h"
#include "devices/part/registers.h"

#define QUADRANTS      SYN_PART_QUADRANTS
#define PROCESSORS     SYN_PART_PROCESSORS
#define INSTANCES      SYN_PART_INSTANCES
#define LAYERS_MAX     128u
#define CONTROLS       4u
#define NUMBERS        128u /* of layer registers */
#define POWER_WORDS    4u
#define NOT_THERE      (-1)
#define PLAN_BUCKETS   256u
#define ALIGNMENT      64u
#define SYN_CLOCK_GATE (1u << 25)

/* State of a word of data memory: a bit a byte that holds a value, and one a byte that was written
 * by a layer that had no value to write. Both 0: never written. */
#define DEFINED_ALL 0x0fu
#define TAINTED_ALL 0xf0u

/* ---- how a layer is to be done, of its registers alone ----------------------------------- */

enum plan_kind { PLAN_COPY, PLAN_CONV, PLAN_DEPTHWISE };

/* Byte address of an input: base + y row + x pixel + pass * 4 operands + operand * 4. */
struct plan_read {
    uint32_t base[QUADRANTS]; /* bytes in an instance */
    uint32_t row, pixel;      /* bytes */
    uint32_t lines, length;   /* runs of evenly spaced pixels, and pixels of each */
    uint32_t passes, operands;
    bool chw; /* a byte a pixel; else four processors to a word */
};

/* Word of an output: word + pixel number * pixel + pass * pass_step. */
struct plan_write {
    uint32_t word[QUADRANTS], instance[QUADRANTS]; /* of the quadrant that writes */
    uint32_t pixel, pass_step;                     /* words */
    uint32_t mask_step, slot_step;                 /* instances */
    uint32_t passes;
    uint32_t lanes; /* outputs of one pass; conv: in all, else: of a quadrant's processors */
    bool wide;
    bool broadcast; /* depthwise: each processor writes to its own place */
};

struct plan_weights {
    uint32_t first, skip; /* bit address as the hardware counts, bytes before the first weight */
    uint32_t bits, taps;  /* of one weight; of one kernel */
    uint32_t inputs;      /* kernels that follow each other for one output of a processor */
    bool binary;          /* one bit: -1 and 1 */
    int bias_quadrant;    /* NOT_THERE: no bias */
    uint32_t bias[QUADRANTS]; /* byte in the bias memory; depthwise: of each quadrant */
    bool biased[QUADRANTS];
};

/* All that a plan follows from but what the memories hold. */
struct plan_key {
    uint32_t layer, control; /* the bits that matter, and who runs */
    uint32_t values[QUADRANTS][SYN_LREG_COUNT];
};

struct plan {
    struct plan *next; /* of the same bucket */
    struct plan_key key;
    uint32_t generation; /* of weights and bias */
    enum plan_kind kind;
    struct syn_layer layer; /* the arithmetic: weights of 8 bits, shift in all */
    uint64_t processors;
    unsigned count;           /* of processors */
    uint8_t list[PROCESSORS]; /* in order of their numbers */
    unsigned master;
    struct plan_read read;
    struct plan_write write;
    struct plan_weights weights;
    bool spread;           /* FLATTEN: reads its input again for each output */
    uint32_t pad_h, pad_w; /* as the hardware counts it: of the spread input of a transposed */
    uint32_t time_slots, kernel_column;
    uint64_t cycles;
    void *kernels;   /* prepared; NULL for a copy */
    int8_t *bias;    /* of each output; NULL: none */
    uint8_t *hollow; /* 1: this output's weights were never written; NULL: none such */
    uint8_t *heeded; /* 1: some weight of this input channel is not 0; depthwise: NULL */
    uint8_t taps[9]; /* not 0: some kernel has this tap */
    size_t bytes;    /* of the four */
    struct syn_emulator_fault cause; /* of the first hollow output */
    bool all_hollow;
};

/* ---- the emulator ------------------------------------------------------------------------ */

/* Weights on their way in: bytes of the next word. */
struct stream {
    bool open;
    uint8_t filled;
    uint32_t column;
    uint8_t bytes[12];
};

/* Addresses of data memory that were used last and need no second look: an instance whose quadrant
 * has power and clock. Whatever is written elsewhere closes it. */
struct window {
    uint32_t start, bytes; /* 0 bytes: closed */
    unsigned instance;
};

/* Where a kind of memory lies in a quadrant: `count` of them, each of `bytes`. */
enum memory_kind { MEMORY_DATA, MEMORY_WEIGHTS, MEMORY_BIAS, MEMORY_CACHE, MEMORY_COUNT };

struct memory {
    uint32_t start, stride, count, bytes;
};

struct quadrant {
    uint32_t control[CONTROLS];
    uint32_t layers[LAYERS_MAX][SYN_LREG_COUNT];
};

enum run_stage { STAGE_REST, STAGE_BEGIN, STAGE_ROWS, STAGE_END };

struct buffer {
    void *bytes;
    size_t size;
};

struct run {
    enum run_stage stage;
    unsigned layer, finished, master;
    unsigned participants; /* bit q: quadrant q */
    unsigned row;
    bool tainted;        /* the input has bytes without a value */
    bool after_operands; /* the layer before was element-wise */
    uint64_t cycles;
    struct plan *plan;             /* of the layer that works */
    struct syn_emulator_done done; /* the layer finished last; finished 0: none */
};

struct syn_emulator {
    const struct syn_part *part;
    const struct syn_registers *regs;
    const struct syn_kernels *kernels;
    uint32_t data_words, weight_words; /* of an instance; of the largest processor */

    struct memory memories[MEMORY_COUNT];
    uint8_t by_number[NUMBERS]; /* enum syn_layer_register of a number */
    struct quadrant quadrants[QUADRANTS];
    uint32_t power[POWER_WORDS], always_on, clock_divider, clock_disable;
    uint8_t *data;         /* [word][instance][4]: of a pixel, the channels are neighbours */
    uint8_t *data_state;   /* [word][instance] */
    uint8_t *weights;      /* [processor][word][9] */
    uint8_t *weight_state; /* [processor][word]: written */
    int8_t *bias;          /* [quadrant][byte] */
    uint8_t *bias_state;
    struct stream streams[PROCESSORS];
    struct window window;

    uint32_t generation; /* of weights and bias: each write begins a new one */
    struct plan *plans[PLAN_BUCKETS];
    unsigned plan_count;
    size_t plan_bytes;
    struct run run;
    struct buffer input, pooled, taint, taint_pooled, taint_mask, output, scratch, packed, dense;
    struct syn_emulator_fault fault, suspect; /* suspect: why bytes are tainted */
};

/* ---- fault.c ------------------------------------------------------------------------------ */

/* A fault in the making. */
struct syn_emulator_fault fault_make(enum syn_emulator_fault_kind kind, int layer, int quadrant,
                                     uint32_t address, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Keeps the first; the run is over. */
void fault_raise(struct syn_emulator *e, const struct syn_emulator_fault *fault);

/* ---- bus.c -------------------------------------------------------------------------------- */

void bus_init(struct syn_emulator *e);
/* Power, isolation, reset, bus clock and the quadrant's own clock: 0, or the kind of the fault. */
enum syn_emulator_fault_kind gate_closed(const struct syn_emulator *e, unsigned quadrant);
uint32_t data_address(const struct syn_emulator *e, unsigned instance, uint32_t word);

/* ---- stream.c ----------------------------------------------------------------------------- */

uint32_t weight_room(const struct syn_emulator *e, unsigned processor); /* words */
uint8_t *weight_word(const struct syn_emulator *e, unsigned processor, uint32_t column);
/* A write of `offset` bytes behind the base of the processor's weight memory. */
void weight_write(struct syn_emulator *e, unsigned processor, uint32_t offset, uint32_t value);
void weight_open(struct syn_emulator *e, unsigned processor, uint32_t offset, uint8_t value);
uint32_t weight_read(const struct syn_emulator *e, unsigned processor, uint32_t offset);

/* ---- decode.c, range.c, hazard.c, limits.c
 * ---------------------------------------------------------- */

/* Each returns 0, or SYN_EINVAL with the fault. */
int plan_decode(const struct syn_emulator *e, unsigned layer, struct plan *plan,
                struct syn_emulator_fault *fault);
int plan_agrees(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                struct syn_emulator_fault *fault);
int plan_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                  struct syn_emulator_fault *fault);
int plan_no_hazard(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                   struct syn_emulator_fault *fault);
int plan_in_limits(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                   struct syn_emulator_fault *fault);
/* The same for what depends on the layer before. */
int plan_may_follow(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                    struct syn_emulator_fault *fault);
uint64_t plan_cycles(const struct syn_emulator *e, const struct plan *plan);

/* Fetches weights and bias. Returns 0, or the error of the fault. */
int plan_fetch(struct syn_emulator *e, unsigned layer, struct plan *plan,
               struct syn_emulator_fault *fault);

/* ---- plans.c ------------------------------------------------------------------------------ */

/* The plan of a layer's registers as they are now, made or kept from before; NULL with the fault.
 * It stays until the next call. */
struct plan *plan_of(struct syn_emulator *e, unsigned layer, struct syn_emulator_fault *fault);
void plans_drop(struct syn_emulator *e);

/* ---- tensors ------------------------------------------------------------------------------ */

/* Number of a word of data memory: data + 4 cell, data_state + cell. */
static inline size_t data_cell(unsigned instance, uint32_t word)
{
    return (size_t)word * INSTANCES + instance;
}

/* Where output `lane` of a pass goes: the word of its first pixel, and the byte in each. */
struct place {
    uint32_t instance, word, byte;
    unsigned quadrant; /* that writes */
};
struct place write_place(const struct plan *plan, uint32_t pass, uint32_t lane);

/* Reads all operands into e->input, [operand][channel][y][x]; sets run.tainted. 0 or SYN_ENOMEM. */
int gather(struct syn_emulator *e, const struct plan *plan);
/* e->output to data memory. */
void scatter(struct syn_emulator *e, const struct plan *plan);

/* Which outputs have no value for want of an input, into e->taint_mask: a byte a pixel, or for
 * copies and depthwise a byte an element. *all: none has a value. 0 or SYN_ENOMEM. */
int taint_spread(struct syn_emulator *e, const struct plan *plan, bool *all);
bool taint_at(const struct syn_emulator *e, const struct plan *plan, uint32_t channel,
              uint32_t pixel);

/* ---- run.c -------------------------------------------------------------------------------- */

void run_start(struct syn_emulator *e, unsigned master);

/* Whole lines of the host's cache, to be freed with free(). NULL where there is no memory left. */
void *aligned_bytes(size_t size);

/* Grows a buffer, whose contents are lost. 0 or SYN_ENOMEM. */
int buffer_need(struct buffer *buffer, size_t size);

#endif
