/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/connect_uri.h"

#include "cli/data.h"
#include "core/base/suggest.h"
#include "transports/links/driver.h"
#include "transports/links/ports.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { SCHEMES = 16, ADDRESS_TEXT = 17 };

/* ---- what completes ---- */

static void add_sim(void *ctx, const char *profile)
{
    char text[128];
    (void)snprintf(text, sizeof text, "sim:%s", profile);
    (void)syn_words_add(ctx, text);
}

static void add_port(void *ctx, const struct syn_port *port)
{
    (void)syn_words_add(ctx, port->uri);
}

void syn_connect_uri_words(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    for (const struct syn_link_driver *const *d = syn_link_drivers; *d; d++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%s:", (*d)->scheme);
        (void)syn_words_add(words, text);
    }
    syn_data_each("profiles", add_sim, words);
    (void)syn_ports_each(add_port, words, NULL);
}

/* ---- what was meant ---- */

static bool is_address(const char *text)
{
    for (size_t i = 0; i < ADDRESS_TEXT; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    return text[ADDRESS_TEXT] == 0 || text[ADDRESS_TEXT] == '?';
}

/* 0403:6001, and what may follow. */
static bool is_usb(const char *text)
{
    for (size_t i = 0; i < 9; i++)
        if (i == 4 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    return text[9] == 0 || text[9] == ':' || text[9] == '?';
}

static bool is_host_and_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    return colon && colon > text && colon[1] &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

static bool is_file_of(const char *text, mode_t type)
{
    struct stat st;
    return stat(text, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static bool is_profile(const char *text)
{
    char path[512];
    return strcspn(text, "/:") == strlen(text) &&
           syn_data_find("profiles", text, path, sizeof path, NULL) == 0;
}

/* The scheme without which `text` was written; NULL: who knows. */
static const char *scheme_without(const char *text)
{
    if (strncmp(text, "/dev/pts/", 9) == 0)
        return "pty";
    if (strncmp(text, "/dev/", 5) == 0 || strncmp(text, "tty", 3) == 0 || is_usb(text))
        return "serial";
    if (is_address(text))
        return "ble";
    if (is_file_of(text, S_IFSOCK))
        return "unix";
    if (is_file_of(text, S_IFCHR))
        return "pty";
    if (is_host_and_port(text))
        return "tcp";
    return is_profile(text) ? "sim" : NULL;
}

static size_t list_schemes(const char *schemes[SCHEMES])
{
    size_t count = 0;
    schemes[count++] = "sim";
    for (size_t i = 0; syn_link_drivers[i] && count < SCHEMES; i++)
        schemes[count++] = syn_link_drivers[i]->scheme;
    return count;
}

static void hint(const char *uri, const char *const *schemes, size_t count, struct syn_error *error)
{
    char given[16], names[128] = "";
    const size_t length = strcspn(uri, ":");
    const char *missing = scheme_without(uri), *near = NULL;
    (void)snprintf(given, sizeof given, "%.*s", (int)length, uri);
    if (!missing && uri[length] == ':')
        near = syn_suggest(given, schemes, count);
    if (missing) {
        syn_error_hint(error, "did you mean %s:%s?", missing, uri);
        return;
    }
    if (near) {
        syn_error_hint(error, "did you mean %s%s?", near, uri + length);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", schemes[i]);
    }
    syn_error_hint(error, "a URI begins with one of %s and ':', for example sim:max78000-feather",
                   names);
}

int syn_connect_uri_check(const char *uri, struct syn_error *error)
{
    const char *schemes[SCHEMES];
    const size_t count = list_schemes(schemes), length = strcspn(uri, ":");
    for (size_t i = 0; i < count; i++)
        if (uri[length] == ':' && strlen(schemes[i]) == length &&
            strncasecmp(uri, schemes[i], length) == 0)
            return 0;
    (void)syn_error_set(error, SYN_EINVAL, "%s: no such kind of connection", uri);
    hint(uri, schemes, count, error);
    return SYN_EINVAL;
}
