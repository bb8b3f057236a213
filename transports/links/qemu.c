/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu:BOARD, a wearable whose firmware runs in QEMU; its UART is the link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transports/links/link.h"

enum { ICOUNT_MAX = 10, OPTION_SIZE = 8, ARGS_MAX = 24 };

struct board {
    const char *name; /* QEMU's, too */
    const char *image;
    uint32_t number_at; /* where the firmware looks for the board's number */
};

static const struct board boards[] = {
    {"mps2-an386", "synergy-agent-mps2-an386.elf", 0x21fffffc},
};

static const char *const folders[] = {SYN_FIRMWARE_BUILT, SYN_FIRMWARE_INSTALLED};

struct request {
    const struct board *board;
    unsigned number;
    int icount; /* an instruction takes 2^icount ns; negative: as fast as the host goes */
    char image[SYN_LINK_URI_MAX];
};

/* ---- the address: BOARD?key=value&key=value ---- */

static const struct board *find_board(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof boards / sizeof *boards; i++)
        if (strlen(boards[i].name) == size && memcmp(boards[i].name, name, size) == 0)
            return &boards[i];
    return NULL;
}

/* A number of `size` characters in 0..max. */
static int get_number(const char *text, size_t size, unsigned long max, unsigned long *number)
{
    char digits[OPTION_SIZE + 1] = "";
    char *end;
    if (size == 0 || size > OPTION_SIZE || text[0] < '0' || text[0] > '9')
        return SYN_EINVAL;
    memcpy(digits, text, size);
    *number = strtoul(digits, &end, 10);
    return *end || *number > max ? SYN_EINVAL : 0;
}

static bool is_key(const char *text, size_t size, const char *key)
{
    return strlen(key) < size && memcmp(text, key, strlen(key)) == 0;
}

static int take_option(struct request *r, const char *text, size_t size, struct syn_error *error)
{
    unsigned long n = 0;
    int rc = SYN_EINVAL;
    if (is_key(text, size, "image=") && size - 6 < sizeof r->image) {
        memcpy(r->image, text + 6, size - 6);
        r->image[size - 6] = 0;
        rc = 0;
    } else if (is_key(text, size, "number=")) {
        rc = get_number(text + 7, size - 7, 99999999, &n);
        r->number = (unsigned)n;
    } else if (is_key(text, size, "icount=")) {
        rc = get_number(text + 7, size - 7, ICOUNT_MAX, &n);
        r->icount = (int)n;
    }
    if (rc == 0)
        return 0;
    (void)syn_error_set(error, rc, "'%.*s' is not an option of this link", (int)size, text);
    syn_error_hint(error,
                   "there are number=N (to tell boards apart), icount=0..%d (an instruction "
                   "takes 2^N ns), image=FILE",
                   ICOUNT_MAX);
    return rc;
}

static int parse(struct request *r, const char *address, struct syn_error *error)
{
    size_t size = strcspn(address, "?");
    *r = (struct request){.board = find_board(address, size), .icount = -1};
    if (!r->board) {
        (void)syn_error_set(error, SYN_EINVAL, "no board '%.*s'", (int)size, address);
        syn_error_hint(error, "there is %s", boards[0].name);
        return SYN_EINVAL;
    }
    while (address[size]) {
        address += size + 1;
        size = strcspn(address, "&");
        int rc = take_option(r, address, size, error);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- the image ---- */

static int find_image(struct request *r, struct syn_error *error)
{
    if (r->image[0] && access(r->image, R_OK) == 0)
        return 0;
    if (r->image[0])
        return syn_error_set(error, SYN_ENOENT, "no image %s", r->image);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(r->image, sizeof r->image, "%s/%s", folders[i], r->board->image);
        if (access(r->image, R_OK) == 0)
            return 0;
    }
    (void)syn_error_set(error, SYN_ENOENT, "no firmware image %s in %s or %s", r->board->image,
                        folders[0], folders[1]);
    syn_error_hint(error, "build it: cmake --preset firmware && cmake --build --preset firmware "
                          "(Debian: gcc-arm-none-eabi, picolibc-arm-none-eabi)");
    return SYN_ENOENT;
}

/* ---- the port ---- */

static int start(struct syn_link_port *port, const struct request *r, struct syn_error *error)
{
    char loader[64], icount[16];
    const char *argv[ARGS_MAX] = {
        "qemu-system-arm",
        "-machine",
        r->board->name,
        "-accel",
        "tcg",
        "-display",
        "none",
        "-monitor",
        "none",
        "-chardev",
        "stdio,id=uart,signal=off",
        "-serial",
        "chardev:uart",
        "-kernel",
        r->image,
        "-device",
        loader,
    };
    size_t n = 0;
    (void)snprintf(loader, sizeof loader, "loader,addr=0x%x,data=0x%x,data-len=4",
                   (unsigned)r->board->number_at, r->number);
    (void)snprintf(icount, sizeof icount, "shift=%d", r->icount);
    while (argv[n])
        n++;
    if (r->icount >= 0) {
        argv[n] = "-icount";
        argv[n + 1] = icount;
    }
    int rc = syn_link_program_open(port, argv, error);
    if (rc == SYN_ENOENT)
        syn_error_hint(error, "Debian's package qemu-system-arm has it");
    return rc;
}

static int qemu_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    struct request request;
    int rc = parse(&request, address, error);
    if (rc == 0)
        rc = find_image(&request, error);
    return rc ? rc : start(port, &request, error);
}

const struct syn_link_driver syn_link_qemu = {
    .scheme = "qemu",
    .usage = "qemu:BOARD[?number=N&icount=N&image=FILE]",
    .help = "firmware that runs in QEMU; BOARD is mps2-an386",
    .open = qemu_open,
    .read = syn_link_program_read,
    .write = syn_link_program_write,
    .close = syn_link_program_close,
};
