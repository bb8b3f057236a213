/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast something large reaches a device over any URI: an upload of a blob to a device of ours,
 * or of a firmware image (--image FILE) to any SMP device. Prints one row. scripts/bench links
 * makes its table from it.
 *
 * usage: bench_links [--json] [--bytes N] [--seed N] [--framing console|cobs] [--window N]
 *                    [--message N] [--line BYTES_PER_S] [--image FILE] URI
 *
 * --line is what the line carries; the share is then of what messages of the device's largest size,
 * in this framing, could bring over it at best.
 */
#include "core/base/file.h"
#include "core/base/loop.h"
#include "devices/base/hash.h"
#include "transports/client/image.h"
#include "transports/client/session_parts.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND     1000000000LL
#define PATIENCE   (600 * SECOND)
#define USAGE_EXIT 2

struct options {
    bool json, has_framing;
    enum syn_framing framing;
    unsigned window, message;
    size_t bytes;
    uint64_t seed;
    double line;
    const char *image, *uri;
};

struct bench {
    struct options options;
    struct syn_loop *loop;
    struct syn_session *session;
    uint8_t *data;
    size_t size;
    uint8_t hash[SYN_HASH_SIZE];
    bool done;
    int status;
    struct syn_answer answer;
    char why[600];
};

/* ---- one operation after the other ---- */

static void on_done(void *user, int status, const struct syn_answer *answer,
                    const struct syn_error *error)
{
    struct bench *b = user;
    b->done = true;
    b->status = status;
    b->answer = *answer;
    if (error)
        (void)snprintf(b->why, sizeof b->why, "%s", error->message);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct bench *b = ctx;
    b->done = true;
    b->status = error->code;
    (void)snprintf(b->why, sizeof b->why, "%s", error->message);
}

static bool is_done(void *ctx)
{
    return ((struct bench *)ctx)->done;
}

/* Waits for the operation that returned `rc` when it was begun. */
static int finish(struct bench *b, const char *what, int rc)
{
    if (rc == 0)
        rc = syn_loop_run_until(b->loop, is_done, b, PATIENCE);
    if (rc)
        (void)snprintf(b->why, sizeof b->why, "%s", syn_errno_text(rc));
    rc = rc ? rc : b->status;
    if (rc)
        (void)fprintf(stderr, "bench_links: %s: %s: %s\n", b->options.uri, what, b->why);
    b->done = false;
    return rc;
}

/* ---- the device ---- */

static int greet(struct bench *b)
{
    struct syn_client *client = syn_session_client(b->session);
    const struct options *o = &b->options;
    int rc = o->image ? finish(b, "params", syn_session_params(b->session, on_done, b))
                      : finish(b, "hello", syn_session_hello(b->session, on_done, b));
    if (rc)
        return rc;
    if (o->has_framing)
        syn_client_set_framing(client, o->framing);
    if (o->window)
        syn_client_set_window(client, o->window);
    if (o->message && o->message < b->session->max_message)
        b->session->max_message = o->message;
    return 0;
}

static int upload(struct bench *b)
{
    struct syn_session *s = b->session;
    if (b->options.image)
        return finish(b, "image upload",
                      syn_session_image_upload(s, b->data, b->size, NULL, on_done, b));
    return finish(b, "upload", syn_session_put(s, b->hash, b->data, b->size, NULL, on_done, b));
}

/* The device has checked the hash of what it says to be complete. */
static int check(struct bench *b)
{
    if (b->options.image)
        return 0;
    int rc = finish(b, "state", syn_session_blob(b->session, b->hash, on_done, b));
    if (rc == 0 && (!b->answer.blob.complete || b->answer.blob.held_bytes != b->size)) {
        (void)fprintf(stderr, "bench_links: %s: not identical\n", b->options.uri);
        rc = SYN_ECORRUPT;
    }
    return rc ? rc : finish(b, "drop", syn_session_drop(b->session, b->hash, on_done, b));
}

/* ---- the row ---- */

static const char *framing_name(const struct bench *b, enum syn_framing framing)
{
    if (syn_client_packets(b->session->client))
        return "none";
    return framing == SYN_FRAMING_COBS ? "cobs" : "console";
}

/* What messages of the largest size bring over the line, in bytes a second. */
static double best_of(const struct bench *b, const char *framing)
{
    size_t message = b->session->max_message;
    size_t frame = strcmp(framing, "none") == 0   ? message
                   : strcmp(framing, "cobs") == 0 ? syn_frame_bound(SYN_FRAMING_COBS, message)
                                                  : syn_frame_bound(SYN_FRAMING_CONSOLE, message);
    return b->options.line * (double)message / (double)frame;
}

static void print_row(const struct bench *b, double seconds, const struct syn_client_stats *before)
{
    struct syn_client_stats now = syn_client_stats(b->session->client);
    const char *framing = framing_name(b, syn_client_framing(b->session->client));
    double speed = (double)b->size / seconds, best = best_of(b, framing);
    printf(b->options.json
               ? "{\"uri\":\"%s\",\"framing\":\"%s\",\"window\":%u,\"message_bytes\":%u,"
                 "\"bytes\":%zu,\"seconds\":%.6f,\"bytes_per_s\":%.1f,\"line_bytes_per_s\":%.0f,"
                 "\"best_bytes_per_s\":%.1f,\"share\":%.4f,\"sent\":%llu,\"resent\":%llu,"
                 "\"late\":%llu,\"damaged\":%llu,\"round_trip_ms\":%.3f}\n"
               : "%s: %s, window %u, messages of %u: %zu bytes in %.3f s, %.0f bytes/s; line %.0f, "
                 "at best %.0f, share %.4f; %llu messages, %llu resent, %llu late, %llu damaged; "
                 "round trip %.3f ms\n",
           b->options.uri, framing, syn_client_window(b->session->client), b->session->max_message,
           b->size, seconds, speed, b->options.line, best, best > 0 ? speed / best : 0,
           (unsigned long long)(now.sent - before->sent),
           (unsigned long long)(now.resent - before->resent),
           (unsigned long long)(now.late - before->late),
           (unsigned long long)(now.damaged - before->damaged), (double)now.round_trip_ns / 1e6);
}

static int measure(struct bench *b)
{
    int rc = greet(b);
    if (rc)
        return rc;
    struct syn_client_stats before = syn_client_stats(b->session->client);
    int64_t start_ns = syn_loop_now();
    rc = upload(b);
    double seconds = (double)(syn_loop_now() - start_ns) / 1e9;
    if (rc == 0)
        print_row(b, seconds, &before);
    return rc ? rc : check(b);
}

/* ---- start ---- */

static int make_data(struct bench *b)
{
    uint64_t seed = b->options.seed;
    struct syn_error error = {0};
    if (b->options.image) {
        void *bytes;
        int rc = syn_file_read(&bytes, &b->size, b->options.image, 1 << 24, &error);
        if (rc)
            (void)fprintf(stderr, "bench_links: %s\n", error.message);
        else
            b->data = bytes;
        return rc;
    }
    b->size = b->options.bytes;
    b->data = malloc(b->size);
    for (size_t i = 0; b->data && i < b->size; i++)
        b->data[i] = (uint8_t)(syn_splitmix64(&seed) >> 24);
    if (b->data)
        syn_sha256(b->data, b->size, b->hash);
    return b->data ? 0 : SYN_ENOMEM;
}

static int run(struct bench *b)
{
    const struct syn_session_events events = {.lost = on_lost, .ctx = b};
    struct syn_error error = {0};
    int rc = make_data(b);
    b->loop = syn_loop_new();
    b->session = syn_session_new(b->loop, &events);
    if (rc == 0 && (rc = syn_session_open(b->session, b->options.uri, &error)) != 0)
        (void)fprintf(stderr, "bench_links: %s\n", error.message);
    if (rc == 0)
        rc = measure(b);
    syn_session_free(b->session);
    syn_loop_free(b->loop);
    free(b->data);
    return rc;
}

static int refuse(void)
{
    (void)fputs("usage: bench_links [--json] [--bytes N] [--seed N] [--framing console|cobs] "
                "[--window N] [--message N] [--line BYTES_PER_S] [--image FILE] URI\n",
                stderr);
    return USAGE_EXIT;
}

static bool take_option(struct options *o, int option)
{
    switch (option) {
    case 'j':
        o->json = true;
        return true;
    case 'b':
        o->bytes = strtoull(optarg, NULL, 10);
        return o->bytes > 0;
    case 's':
        o->seed = strtoull(optarg, NULL, 10);
        return true;
    case 'f':
        o->has_framing = true;
        o->framing = strcmp(optarg, "cobs") == 0 ? SYN_FRAMING_COBS : SYN_FRAMING_CONSOLE;
        return o->framing == SYN_FRAMING_COBS || strcmp(optarg, "console") == 0;
    case 'w':
        o->window = (unsigned)strtoul(optarg, NULL, 10);
        return o->window > 0;
    case 'm':
        o->message = (unsigned)strtoul(optarg, NULL, 10);
        return o->message > 0;
    case 'l':
        o->line = strtod(optarg, NULL);
        return o->line > 0;
    case 'i':
        o->image = optarg;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"json", 0, NULL, 'j'},    {"bytes", 1, NULL, 'b'},  {"seed", 1, NULL, 's'},
        {"framing", 1, NULL, 'f'}, {"window", 1, NULL, 'w'}, {"message", 1, NULL, 'm'},
        {"line", 1, NULL, 'l'},    {"image", 1, NULL, 'i'},  {NULL, 0, NULL, 0}};
    struct bench b = {.options = {.bytes = 442368, .seed = 1}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(&b.options, option))
            return refuse();
    if (optind + 1 != argc)
        return refuse();
    b.options.uri = argv[optind];
    return run(&b) ? 1 : 0;
}
