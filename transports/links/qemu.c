/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qemu:BOARD, a wearable whose firmware runs in QEMU; its UART is the link.
 *
 * A board with a boot loader starts it from where its core starts, and has the agent in the flash
 * that the boot loader knows; one without starts the agent directly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "transports/links/driver.h"
#include "transports/links/qemu_flash.h"
#include "transports/links/qemu_pair.h"

enum { ICOUNT_MAX = 10, OPTION_SIZE = 8, ARGS_MAX = 36 };

struct board {
    const char *name;
    const char *machine;         /* QEMU's name of it */
    const char *agent;           /* image, or program where there is no boot loader */
    const char *boot;            /* program; NULL: none */
    struct syn_qemu_flash flash; /* of a board with one: devices/ports/mps2/flash.c */
    uint32_t number_at;          /* where the firmware looks for the board's number */
};

static const struct board boards[] = {
    {"mps2-an386",
     "mps2-an386",
     "synergy-agent-mps2-an386.img",
     "synergy-boot-mps2-an386.elf",
     {"mps2-an386", 16 << 20, 8 << 20, 256 << 10},
     0x21fffffc},
    {"mps2-an386-slow",
     "mps2-an386",
     "synergy-agent-mps2-an386-slow.img",
     "synergy-boot-mps2-an386.elf",
     {"mps2-an386", 16 << 20, 8 << 20, 256 << 10},
     0x21fffffc},
    {.name = "mps2-an505",
     .machine = "mps2-an505",
     .agent = "synergy-agent-mps2-an505.elf",
     .number_at = 0x80fffffc},
    {.name = "mps3-an547",
     .machine = "mps3-an547",
     .agent = "synergy-agent-mps3-an547.elf",
     .number_at = 0x60fffffc},
};

static const char *const folders[] = {SYN_FIRMWARE_BUILT, SYN_FIRMWARE_INSTALLED};

struct request {
    const struct board *board;
    unsigned number;
    int icount; /* an instruction takes 2^icount ns; negative: as fast as the host goes */
    char agent[SYN_LINK_URI_MAX]; /* files */
    char boot[SYN_LINK_URI_MAX];
    char flash[SYN_LINK_URI_MAX]; /* empty: none that stays */
    char hci[SYN_LINK_URI_MAX];   /* socket of a Bluetooth controller; empty: none */
    char pair[SYN_LINK_URI_MAX];  /* socket of a wire to another device; empty: none */
};

/* ---- the address: BOARD?key=value&key=value ---- */

static const struct board *find_board(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof boards / sizeof *boards; i++)
        if (strlen(boards[i].name) == size && memcmp(boards[i].name, name, size) == 0)
            return &boards[i];
    return NULL;
}

static void hint_boards(struct syn_error *error)
{
    char names[128] = "";
    for (size_t i = 0, at = 0; i < sizeof boards / sizeof *boards && at < sizeof names; i++)
        at +=
            (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", boards[i].name);
    syn_error_hint(error, "there are %s", names);
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

/* "image=FILE": the file. */
static int get_file(const char *text, size_t size, size_t skip, char file[SYN_LINK_URI_MAX])
{
    size -= skip;
    if (size >= SYN_LINK_URI_MAX)
        return SYN_EINVAL;
    memcpy(file, text + skip, size);
    file[size] = 0;
    return 0;
}

static int take_option(struct request *r, const char *text, size_t size, struct syn_error *error)
{
    unsigned long n = 0;
    int rc = SYN_EINVAL;
    if (is_key(text, size, "image=")) {
        rc = get_file(text, size, 6, r->agent);
    } else if (is_key(text, size, "flash=") && r->board->boot) {
        rc = get_file(text, size, 6, r->flash);
    } else if (is_key(text, size, "hci=")) {
        rc = get_file(text, size, 4, r->hci);
    } else if (is_key(text, size, "pair=")) {
        rc = get_file(text, size, 5, r->pair);
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
    syn_error_hint(
        error,
        "there are number=N (to tell boards apart), icount=0..%d (an instruction "
        "takes 2^N ns), image=FILE (an image to run), flash=FILE (keeps the board's "
        "flash), hci=SOCKET (a Bluetooth controller), pair=SOCKET (a wire to the device that "
        "names it, too)",
        ICOUNT_MAX);
    return rc;
}

static int parse(struct request *r, const char *address, struct syn_error *error)
{
    size_t size = strcspn(address, "?");
    *r = (struct request){.board = find_board(address, size), .icount = -1};
    if (!r->board) {
        (void)syn_error_set(error, SYN_EINVAL, "no board '%.*s'", (int)size, address);
        hint_boards(error);
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

/* A file of the firmware, where it is built or where it is installed. */
static int find_file(char file[SYN_LINK_URI_MAX], const char *name, struct syn_error *error)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(file, SYN_LINK_URI_MAX, "%s/%s", folders[i], name);
        if (access(file, R_OK) == 0)
            return 0;
    }
    (void)syn_error_set(error, SYN_ENOENT, "no firmware image %s in %s or %s", name, folders[0],
                        folders[1]);
    syn_error_hint(error, "build it: cmake --preset firmware && cmake --build --preset firmware "
                          "(Debian: gcc-arm-none-eabi, picolibc-arm-none-eabi)");
    return SYN_ENOENT;
}

static int find_files(struct request *r, struct syn_error *error)
{
    int rc = 0;
    if (r->agent[0] && access(r->agent, R_OK) != 0)
        return syn_error_set(error, SYN_ENOENT, "no image %s", r->agent);
    if (!r->agent[0])
        rc = find_file(r->agent, r->board->agent, error);
    if (rc == 0 && r->hci[0] && (access(r->hci, R_OK | W_OK) != 0 || strchr(r->hci, ',')))
        return syn_error_set(error, SYN_ENOENT, "no socket of a Bluetooth controller at %s",
                             r->hci);
    if (rc == 0 && r->board->boot)
        rc = find_file(r->boot, r->board->boot, error);
    return rc;
}

/* ---- the port ---- */

struct args {
    const char *argv[ARGS_MAX];
    size_t count;
};

static void add(struct args *args, const char *option, const char *value)
{
    args->argv[args->count++] = option;
    args->argv[args->count++] = value;
}

/* UARTs are counted: there is nothing at UART1, and may be nothing at the others. */
static void add_uarts(struct args *args, const char *pair, const char *hci)
{
    if (pair)
        add(args, "-chardev", pair);
    if (hci)
        add(args, "-chardev", hci);
    add(args, "-serial", "null");
    add(args, "-serial", pair ? "chardev:pair" : "null");
    add(args, "-serial", hci ? "chardev:hci" : "null");
}

/* `flash` is the descriptor of what the board's flash lies in, which QEMU inherits; `pair` the
 * chardev of its wire. */
static int run(struct syn_link_port *port, const struct request *r, int flash, const char *pair,
               struct syn_error *error)
{
    char loader[64], icount[16], memory[96], machine[64], hci[SYN_LINK_URI_MAX + 32];
    struct args args = {.argv = {"qemu-system-arm"}, .count = 1};
    (void)snprintf(loader, sizeof loader, "loader,addr=0x%x,data=0x%x,data-len=4",
                   (unsigned)r->board->number_at, r->number);
    (void)snprintf(icount, sizeof icount, "shift=%d", r->icount);
    (void)snprintf(memory, sizeof memory,
                   "memory-backend-file,id=psram,size=%zu,mem-path=/proc/self/fd/%d,share=on",
                   r->board->flash.bytes, flash);
    (void)snprintf(machine, sizeof machine, "%s%s", r->board->machine,
                   flash < 0 ? "" : ",memory-backend=psram");
    (void)snprintf(hci, sizeof hci, "socket,id=hci,path=%s", r->hci);
    if (flash >= 0)
        add(&args, "-object", memory);
    add(&args, "-machine", machine);
    add(&args, "-accel", "tcg");
    add(&args, "-display", "none");
    add(&args, "-monitor", "none");
    add(&args, "-chardev", "stdio,id=uart,signal=off");
    add(&args, "-serial", "chardev:uart");
    add_uarts(&args, r->pair[0] ? pair : NULL, r->hci[0] ? hci : NULL);
    add(&args, "-kernel", r->board->boot ? r->boot : r->agent);
    add(&args, "-device", loader);
    if (r->icount >= 0)
        add(&args, "-icount", icount);
    int rc = syn_link_program_open(port, args.argv, error);
    if (rc == SYN_ENOENT)
        syn_error_hint(error, "Debian's package qemu-system-arm has it");
    return rc;
}

static int run_wired(struct syn_link_port *port, const struct request *r, int flash,
                     struct syn_error *error)
{
    char pair[SYN_QEMU_PAIR_TEXT] = "";
    int listener = -1;
    int rc = r->pair[0] ? syn_qemu_pair_open(r->pair, &listener, pair, error) : 0;
    if (rc == 0)
        rc = run(port, r, flash, pair, error);
    if (listener >= 0)
        (void)close(listener);
    return rc;
}

static int start(struct syn_link_port *port, const struct request *r, struct syn_error *error)
{
    int flash = -1;
    if (r->board->boot) {
        flash =
            syn_qemu_flash_open(&r->board->flash, r->flash[0] ? r->flash : NULL, r->agent, error);
        if (flash < 0)
            return flash;
    }
    int rc = run_wired(port, r, flash, error);
    if (flash >= 0)
        (void)close(flash);
    return rc;
}

static int qemu_open(struct syn_link_port *port, const char *address, struct syn_error *error)
{
    struct request request;
    int rc = parse(&request, address, error);
    if (rc == 0)
        rc = find_files(&request, error);
    return rc ? rc : start(port, &request, error);
}

static const char *address_of(const char *uri)
{
    static const char scheme[] = "qemu:";
    return strncasecmp(uri, scheme, sizeof scheme - 1) == 0 ? uri + sizeof scheme - 1 : NULL;
}

bool syn_link_has_power(const char *uri)
{
    return address_of(syn_link_innermost(uri)) != NULL;
}

bool syn_link_unnumbered(const char *uri)
{
    const char *address = address_of(syn_link_innermost(uri));
    return address && !strstr(address, "number=");
}

bool syn_link_forgets(const char *uri)
{
    struct request request;
    const char *address = address_of(syn_link_innermost(uri));
    return address && parse(&request, address, NULL) == 0 && request.board->boot &&
           !request.flash[0];
}

const struct syn_link_driver syn_link_qemu = {
    .scheme = "qemu",
    .usage = "qemu:BOARD[?number=N&icount=N&image=FILE&flash=FILE&hci=SOCKET&pair=SOCKET]",
    .help = "firmware that runs in QEMU; BOARD is mps2-an386, mps2-an505 or mps3-an547, or "
            "mps2-an386-slow for times by icount=5; devices that name the same `pair` are wired",
    .open = qemu_open,
    .read = syn_link_program_read,
    .write = syn_link_program_write,
    .close = syn_link_program_close,
};
