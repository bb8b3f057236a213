/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testbed/radio/host.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { DATA = -2, PATIENCE_NS = 2000000000, PATIENCE_STEPS = 20000, DATA_MAX = 31 };

void lab_open(struct lab *lab)
{
    lab->loop = syn_loop_new();
    lab->air = syn_air_new(lab->loop);
    assert_non_null(lab->air);
}

void lab_close(struct lab *lab)
{
    syn_air_free(lab->air);
    syn_loop_free(lab->loop);
}

struct host host_open(struct lab *lab)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    assert_true(syn_air_add(lab->air, pair[1]) >= 0);
    return (struct host){.lab = lab, .fd = pair[0]};
}

void host_close(struct host *host)
{
    close(host->fd);
    host->fd = -1;
}

/* ---- out ---- */

void host_command(struct host *host, unsigned opcode, const void *parameters, size_t size)
{
    uint8_t bytes[260] = {SYN_H4_COMMAND};
    syn_hci_put16(bytes + 1, opcode);
    bytes[3] = (uint8_t)size;
    if (size)
        memcpy(bytes + 4, parameters, size);
    assert_int_equal(write(host->fd, bytes, 4 + size), 4 + size);
}

void host_acl(struct host *host, unsigned handle, const void *data, size_t size)
{
    uint8_t bytes[1024] = {SYN_H4_ACL};
    syn_hci_put16(bytes + 1, handle);
    syn_hci_put16(bytes + 3, (unsigned)size);
    memcpy(bytes + 5, data, size);
    assert_int_equal(write(host->fd, bytes, 5 + size), 5 + size);
}

/* ---- in ---- */

static bool wanted(const struct host *host, const uint8_t *packet)
{
    if (packet[0] == SYN_H4_ACL)
        return host->event == DATA;
    return host->event == packet[1] && (host->subevent < 0 || host->subevent == packet[3]);
}

static void packet(void *ctx, const uint8_t *bytes, size_t size)
{
    struct host *host = ctx;
    if (bytes[0] == SYN_H4_EVENT && bytes[1] == SYN_HCI_PACKETS_COMPLETED)
        host->completed += syn_hci_get16(bytes + 6);
    if (host->found || !wanted(host, bytes))
        return;
    host->found = true;
    host->size = size;
    memcpy(host->packet, bytes, size);
}

/* One packet at a time, so that none behind the wanted one is forgotten. */
static void look(struct host *host)
{
    uint8_t byte;
    ssize_t n = 1;
    while (!host->found && (n = read(host->fd, &byte, 1)) == 1)
        assert_int_equal(syn_h4_receive(&host->in, &byte, 1, packet, host), 0);
    host->gone = n == 0 || (n < 0 && errno != EAGAIN);
}

static const uint8_t *wait_for(struct host *host, int event, int subevent)
{
    host->event = event;
    host->subevent = subevent;
    host->found = false;
    look(host);
    for (int i = 0; i < PATIENCE_STEPS && !host->found && !host->gone; i++) {
        if (syn_loop_step(host->lab->loop, PATIENCE_NS) == 0)
            break;
        look(host);
    }
    return host->found ? host->packet : NULL;
}

const uint8_t *host_event(struct host *host, int event)
{
    const uint8_t *found = wait_for(host, event, -1);
    if (!found)
        fail_msg("no event %02x comes", (unsigned)event);
    return found + 3;
}

const uint8_t *host_le_event(struct host *host, int subevent)
{
    const uint8_t *found = wait_for(host, SYN_HCI_LE, subevent);
    if (!found)
        fail_msg("no LE event %02x comes", (unsigned)subevent);
    return found + 3;
}

const uint8_t *host_data(struct host *host)
{
    const uint8_t *found = wait_for(host, DATA, -1);
    assert_non_null(found);
    return found;
}

void host_end(struct host *host)
{
    wait_for(host, -1, -1);
    assert_true(host->gone);
}

bool host_silent(struct host *host, int event, int subevent)
{
    host->event = event;
    host->subevent = subevent;
    host->found = false;
    do
        look(host);
    while (!host->found && syn_loop_step(host->lab->loop, 0) > 0);
    return !host->found;
}

const uint8_t *host_ask(struct host *host, unsigned opcode, const void *parameters, size_t size)
{
    host_command(host, opcode, parameters, size);
    const uint8_t *answer = host_event(host, SYN_HCI_COMPLETE);
    assert_int_equal(syn_hci_get16(answer + 1), opcode);
    return answer + 3;
}

/* ---- what tests do often ---- */

static void set_data(struct host *host, unsigned opcode, const char *text)
{
    uint8_t data[1 + DATA_MAX] = {(uint8_t)strlen(text)};
    memcpy(data + 1, text, data[0]);
    assert_int_equal(host_ask(host, opcode, data, sizeof data)[0], SYN_HCI_SUCCESS);
}

void host_advertise(struct host *host, const char *data, const char *response)
{
    const uint8_t parameters[15] = {0x20, 0, 0x20, 0}, on = 1;
    assert_int_equal(host_ask(host, 0x2006, parameters, sizeof parameters)[0], SYN_HCI_SUCCESS);
    set_data(host, 0x2008, data);
    set_data(host, 0x2009, response);
    assert_int_equal(host_ask(host, 0x200a, &on, 1)[0], SYN_HCI_SUCCESS);
}

void host_connect(struct host *central, struct host *peripheral, unsigned timeout_10ms,
                  const uint8_t address[6], unsigned handles[2])
{
    uint8_t parameters[25] = {0x60, 0, 0x60, 0};
    memcpy(parameters + 6, address, 6);
    parameters[13] = parameters[15] = 6; /* 7.5 ms */
    syn_hci_put16(parameters + 19, timeout_10ms);
    host_command(central, 0x200d, parameters, sizeof parameters);
    assert_int_equal(host_event(central, SYN_HCI_STATUS)[0], SYN_HCI_SUCCESS);
    const uint8_t *made = host_le_event(central, SYN_HCI_LE_CONNECTED);
    assert_int_equal(made[1], SYN_HCI_SUCCESS);
    handles[0] = syn_hci_get16(made + 2);
    handles[1] = syn_hci_get16(host_le_event(peripheral, SYN_HCI_LE_CONNECTED) + 2);
}
