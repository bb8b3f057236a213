/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/shell.h"

#include "transports/client/session_parts.h"

enum { SHELL_EXECUTE = 0 };

/* Commands of a shell may take long, and an answer that is lost is not asked for again. */
#define PATIENCE_NS INT64_C(10000000000)

static int read_output(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct syn_answer, shell.text, "o"),
        SYN_FIELD(SYN_KEY_I32, struct syn_answer, shell.status, "ret"),
    };
    uint32_t seen;
    (void)s;
    int rc = syn_cbor_get_fields(r, fields, COUNT(fields), answer, &seen);
    return rc || !(seen & 1) ? SYN_EPROTO : 0;
}

int syn_session_shell(struct syn_session *s, const char *const *words, size_t count,
                      syn_session_done done, void *user)
{
    static const struct syn_session_request operation = {.what = "shell",
                                                         .group = SYN_GROUP_SHELL,
                                                         .id = SHELL_EXECUTE,
                                                         .op = SYN_SMP_WRITE,
                                                         .tries = 1,
                                                         .patience_ns = PATIENCE_NS,
                                                         .read = read_output};
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 1);
    syn_cbor_put_text(w, "argv");
    syn_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++)
        syn_cbor_put_text(w, words[i]);
    return syn_session_ask(s, &operation, w, done, user);
}
