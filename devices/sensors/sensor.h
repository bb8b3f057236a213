/* SPDX-License-Identifier: MIT */
/*
 * Virtual sensors: windows of int8 samples from real files, or from a seed where there is none.
 *
 * Pictures: IDX (MNIST's format, 3-dimensional unsigned bytes), PGM (P5), PPM (P6). Sound: WAV
 * (16 kHz, 16 bit mono PCM), a window is consecutive samples. Everything else: CSV of integers, one
 * window a row. A sample byte is value - 128 for pictures (the part's input range), value / 256
 * towards zero for 16-bit sound, the value itself (-128..127) for CSV. A file is read once, whole;
 * host only. Any of them may be packed with gzip.
 *
 * A folder of sounds, FOLDER/LABEL/NAME.wav as Google's Speech Commands or FOLDER/NAME.wav: each
 * sound is one window of any size, read when it is asked for. The labels take turns: the first
 * sound of each by name, then the second, and so on. A sound that is shorter than the window, in a
 * folder or alone, has silence behind it; of a longer one in a folder the loudest part is heard.
 *
 * Device and console read the same window by its number, so a result can be verified anywhere.
 */
#ifndef SYN_DEVICES_SENSORS_SENSOR_H
#define SYN_DEVICES_SENSORS_SENSOR_H

#include <stddef.h>
#include <stdint.h>

struct syn_sensor_file;

/* Opens a folder, or a file by content (IDX, P5/P6, RIFF) or extension (.csv). Returns 0,
 * SYN_ENOENT, SYN_EIO or SYN_ECORRUPT with words in `why`. */
int syn_sensor_open(struct syn_sensor_file **file, const char *path, char *why, size_t why_size);
void syn_sensor_close(struct syn_sensor_file *file); /* NULL is fine */

/* Windows of `bytes` bytes that the file holds; 0 when it holds none of that size (pictures of
 * another size). bytes 0: its pictures, rows, samples of sound, or sounds of a folder. */
long syn_sensor_windows(const struct syn_sensor_file *file, size_t bytes);

/* Window `index` modulo the number of windows. Returns 0 or SYN_EINVAL; of a folder also what
 * opening a sound returns. */
int syn_sensor_window(const struct syn_sensor_file *file, uint64_t index, size_t bytes,
                      int8_t *window);

/* The same with words in `why`, which is not touched on success. */
int syn_sensor_window_or_why(const struct syn_sensor_file *file, uint64_t index, size_t bytes,
                             int8_t *window, char *why, size_t why_size);

/* What is said in sound `index`, modulo their number: the folder it lies in. NULL where that is not
 * known. The text is the file's. */
const char *syn_sensor_label(const struct syn_sensor_file *file, uint64_t index);

/* The window of a sensor without a file: reproducible from sensor kind and index. */
void syn_sensor_seeded(const char *kind, uint64_t index, size_t bytes, int8_t *window);

#endif
