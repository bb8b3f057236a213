/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/model_picture.h"

#include "cli/output/show.h"
#include "cli/output/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BANDS      16 /* lines of the map of weight memory */
#define BIAS_CELLS 64 /* columns of the map of a bias group */
#define FREE       '.'
#define OTHERS     '#' /* layers beyond those that have a letter */

static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* How a layer is called in the maps. */
static char letter(const struct syn_placed *placed, unsigned layer)
{
    const unsigned i = layer - placed->first;
    return i < sizeof letters - 1 ? letters[i] : OTHERS;
}

static const struct syn_part *part_of(const struct syn_placed *placed)
{
    return placed->profile->timing.part;
}

static struct syn_chunk chunk_of(const struct syn_placed *placed, unsigned first, unsigned last)
{
    return (struct syn_chunk){.layers = placed->model->layers,
                              .first = (uint16_t)first,
                              .last = (uint16_t)last,
                              .layer_count = (uint16_t)placed->model->layer_count};
}

/* ---- memory ---- */

/* Units of [from, to) that lie in [start, start + length). */
static unsigned shared(unsigned from, unsigned to, unsigned start, unsigned length)
{
    const unsigned low = from > start ? from : start;
    const unsigned high = to < start + length ? to : start + length;
    return high > low ? high - low : 0;
}

/* The layer that has most of words [from, to) on a processor. */
static char kernel_cell(const struct syn_placed *placed, unsigned processor, unsigned from,
                        unsigned to)
{
    char cell = FREE;
    unsigned most = 0;
    for (unsigned l = placed->first; l < placed->last; l++) {
        const struct syn_place *place = &placed->places[l - placed->first];
        if (!(placed->model->layers[l].processors >> processor & 1))
            continue;
        const unsigned has = shared(from, to, place->kernel_column, place->kernel_words);
        if (has > most) {
            most = has;
            cell = letter(placed, l);
        }
    }
    return cell;
}

/* Words up to the last one that is used anywhere. */
static unsigned kernel_top(const struct syn_placed *placed)
{
    unsigned top = 0;
    for (unsigned l = placed->first; l < placed->last; l++) {
        const struct syn_place *place = &placed->places[l - placed->first];
        const unsigned end = (unsigned)place->kernel_column + place->kernel_words;
        if (place->kernel_words && end > top)
            top = end;
    }
    return top;
}

static void print_cells(struct syn_console *console, const char *cells)
{
    const unsigned each = SYN_PART_PROCESSORS / SYN_PART_QUADRANTS;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        syn_result_print(&console->result, " %.*s", (int)each, cells + (size_t)q * each);
    syn_result_print(&console->result, "\n");
}

static void kernel_map(struct syn_console *console, const struct syn_placed *placed)
{
    char cells[SYN_PART_PROCESSORS];
    const unsigned top = kernel_top(placed);
    const unsigned band = (top + BANDS - 1) / BANDS;
    syn_result_print(&console->result,
                     "\nweight memory: %u of %u words in use on the fullest processor\n", top,
                     part_of(placed)->kernel_words);
    if (band == 0)
        return;
    syn_result_print(&console->result, "%6s %-16s %-16s %-16s %-16s\n", "word", "processor 0", "16",
                     "32", "48");
    for (unsigned from = 0; from < top; from += band) {
        for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
            cells[p] = kernel_cell(placed, p, from, from + band);
        syn_result_print(&console->result, "%6u", from);
        print_cells(console, cells);
    }
}

/* Does the layer keep bytes in this group, and where does the map show them? */
static char bias_cell(const struct syn_placed *placed, unsigned group, unsigned from, unsigned to)
{
    char cell = FREE;
    unsigned most = 0;
    for (unsigned l = placed->first; l < placed->last; l++) {
        const struct syn_place *place = &placed->places[l - placed->first];
        const bool each = place->bias_group == SYN_BIAS_EACH &&
                          (placed->model->layers[l].processors >> 16 * group & 0xffff);
        const unsigned has = shared(from, to, place->bias_offset, place->bias_bytes);
        if ((each || place->bias_group == (int)group) && has > most) {
            most = has;
            cell = letter(placed, l);
        }
    }
    return cell;
}

static void bias_map(struct syn_console *console, const struct syn_placed *placed)
{
    char cells[BIAS_CELLS + 1] = "";
    uint16_t words[SYN_PART_PROCESSORS], bias[SYN_PART_QUADRANTS];
    const unsigned bytes = part_of(placed)->bias_bytes, band = bytes / BIAS_CELLS;
    const struct syn_chunk chunk = chunk_of(placed, placed->first, placed->last);
    syn_place_usage(&chunk, 1, placed->places, words, bias);
    syn_result_print(&console->result, "\nbias memory: a line a quadrant, %u bytes a column\n",
                     band);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        for (unsigned i = 0; i < BIAS_CELLS; i++)
            cells[i] = bias_cell(placed, q, i * band, (i + 1) * band);
        syn_result_print(&console->result, "%6u %s  %u of %u\n", q, cells, bias[q], bytes);
    }
}

static void show_processors(cJSON *json, const struct syn_placed *placed)
{
    uint16_t words[SYN_PART_PROCESSORS], bias[SYN_PART_QUADRANTS];
    const struct syn_chunk chunk = chunk_of(placed, placed->first, placed->last);
    cJSON *list = syn_show_array(json, "processor_words");
    syn_place_usage(&chunk, 1, placed->places, words, bias);
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        (void)cJSON_AddItemToArray(list, cJSON_CreateNumber(words[p]));
}

void syn_model_picture_memory(struct syn_console *console, const struct syn_placed *placed)
{
    if (part_of(placed)->kernel_words == 0)
        return;
    kernel_map(console, placed);
    bias_map(console, placed);
    show_processors(syn_result_json(&console->result), placed);
}

/* ---- layers ---- */

static uint64_t layer_cycles(const struct syn_placed *placed, unsigned layer)
{
    const struct syn_chunk one = chunk_of(placed, layer, layer + 1);
    return syn_place_cycles(part_of(placed), &one, &placed->places[layer - placed->first],
                            placed->profile->timing.accel_hz) -
           1; /* that of the start */
}

static double energy_uj(const struct syn_timing *timing, uint64_t ns)
{
    return (double)ns * timing->active_uw[SYN_UNIT_ACCEL] / 1e9;
}

static uint64_t infer_ns(const struct syn_placed *placed)
{
    const struct syn_timing *timing = &placed->profile->timing;
    const struct syn_chunk chunk = chunk_of(placed, placed->first, placed->last);
    return syn_timing_infer(
        timing, syn_place_cycles(timing->part, &chunk, placed->places, timing->accel_hz));
}

static void layer_bias(struct syn_table *table, const struct syn_place *place)
{
    if (place->bias_group < 0)
        syn_table_text(table, NULL);
    else if (place->bias_group == SYN_BIAS_EACH)
        syn_table_format(table, "%u in each", place->bias_bytes);
    else
        syn_table_format(table, "%u in %d", place->bias_bytes, place->bias_group);
}

static void layer_row(struct syn_table *table, cJSON *list, const struct syn_placed *placed,
                      unsigned layer, uint64_t total)
{
    char time[40];
    const struct syn_place *place = &placed->places[layer - placed->first];
    const struct syn_timing *timing = &placed->profile->timing;
    const uint64_t cycles = layer_cycles(placed, layer);
    const uint64_t ns = syn_timing_infer(timing, cycles) - syn_timing_infer(timing, 0);
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_integer(entry, "layer", layer);
    syn_show_text(entry, "name", placed->model->layer_names[layer]);
    syn_show_integer(entry, "kernel_column", place->kernel_column);
    syn_show_integer(entry, "kernel_words", place->kernel_words);
    syn_show_integer(entry, "bias_group", place->bias_group);
    syn_show_integer(entry, "bias_bytes", place->bias_bytes);
    syn_show_integer(entry, "cycles", (int64_t)cycles);
    syn_show_number(entry, "infer_us", (double)ns / 1e3);
    syn_show_number(entry, "energy_uj", energy_uj(timing, ns));
    syn_table_format(table, "%u", layer);
    syn_table_format(table, "%c", letter(placed, layer));
    syn_table_text(table, placed->model->layer_names[layer]);
    syn_table_format(table, "%" PRIu64, cycles);
    syn_table_text(table, syn_text_time(time, sizeof time, (double)ns / 1e9));
    syn_table_format(table, "%.2f", energy_uj(timing, ns));
    syn_table_format(table, "%.1f %%", 100 * (double)cycles / (double)(total ? total : 1));
    if (part_of(placed)->kernel_words) {
        syn_table_format(table, "%u", place->kernel_words);
        layer_bias(table, place);
    }
}

/* A part whose memory is one pool has not the last two columns. */
static struct syn_table *layer_table(bool pool)
{
    static const struct syn_column columns[] = {{.title = "LAYER", .right = true},
                                                {.title = "MAP"},
                                                {.title = "NAME", .shrinks = true},
                                                {.title = "CYCLES", .right = true},
                                                {.title = "TIME", .right = true},
                                                {.title = "UJ", .right = true},
                                                {.title = "SHARE", .right = true},
                                                {.title = "WORDS", .right = true},
                                                {.title = "BIAS B"}};
    return syn_table_new(columns, pool ? 7 : 9);
}

static void in_all(struct syn_console *console, const struct syn_placed *placed)
{
    char time[40];
    const uint64_t ns = infer_ns(placed);
    syn_show_number(syn_result_json(&console->result), "energy_uj",
                    energy_uj(&placed->profile->timing, ns));
    syn_result_print(&console->result, "in all, with the start: %s, %.2f uJ above idle\n",
                     syn_text_time(time, sizeof time, (double)ns / 1e9),
                     energy_uj(&placed->profile->timing, ns));
}

void syn_model_picture_layers(struct syn_console *console, const struct syn_placed *placed)
{
    struct syn_table *table = layer_table(part_of(placed)->kernel_words == 0);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "layer_list");
    uint64_t total = 0;
    for (unsigned l = placed->first; l < placed->last; l++)
        total += layer_cycles(placed, l);
    for (unsigned l = placed->first; l < placed->last; l++)
        layer_row(table, list, placed, l, total);
    syn_result_print(&console->result, "\n");
    syn_result_table(&console->result, table);
    syn_table_free(table);
    in_all(console, placed);
}

/* ---- measured ---- */

static void measured_row(struct syn_table *table, cJSON *list, const char *what, double predicted,
                         double measured, const char *source)
{
    const double off = 100 * (predicted / measured - 1);
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_text(entry, "what", what);
    syn_show_number(entry, "predicted", predicted);
    syn_show_number(entry, "measured", measured);
    syn_show_text(entry, "source", source);
    syn_table_text(table, what);
    syn_table_format(table, "%.3f", predicted);
    syn_table_format(table, "%.3f", measured);
    syn_table_format(table, "%+.1f %%", off);
    syn_table_text(table, source);
}

void syn_model_picture_measured(struct syn_console *console, const struct syn_placed *placed)
{
    static const struct syn_column columns[] = {{.title = "OF THE WHOLE MODEL"},
                                                {.title = "PREDICTED", .right = true},
                                                {.title = "MEASURED", .right = true},
                                                {.title = "OFF", .right = true},
                                                {.title = "PUBLISHED IN", .wraps = true}};
    const struct syn_model *model = placed->model;
    const struct syn_timing *timing = &placed->profile->timing;
    struct syn_table *table = syn_table_new(columns, 5);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "measured");
    const uint64_t ns = infer_ns(placed);
    const bool whole = placed->first == 0 && placed->last == model->layer_count;
    for (unsigned i = 0; whole && i < model->measured_count; i++) {
        const struct syn_measured *m = &model->measured[i];
        if (strcmp(m->part, timing->part->name) != 0 || m->hz != timing->accel_hz)
            continue;
        measured_row(table, list, "inference, ms", (double)ns / 1e6, (double)m->infer_ns / 1e6,
                     m->source);
        if (m->energy_nj)
            measured_row(table, list, "its energy, uJ", energy_uj(timing, ns),
                         (double)m->energy_nj / 1e3, m->source);
    }
    if (syn_table_rows(table)) {
        syn_result_print(&console->result, "\n");
        syn_result_table(&console->result, table);
    }
    syn_table_free(table);
}
