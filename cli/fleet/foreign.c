/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/foreign.h"

#include "cli/fleet/operation.h"
#include "transports/client/image.h"
#include "transports/client/os.h"

#include <stdio.h>
#include <string.h>

static void keep_about(void *ctx, const struct syn_answer *answer)
{
    struct syn_foreign *smp = ctx;
    (void)snprintf(smp->about, sizeof smp->about, "%s", answer->text);
}

static void keep_version(void *ctx, const struct syn_answer *answer)
{
    struct syn_hello *hello = ctx;
    for (unsigned i = 0; i < answer->images.count; i++)
        if (answer->images.images[i].active)
            (void)snprintf(hello->firmware, sizeof hello->firmware, "%s",
                           answer->images.images[i].version);
}

/* What it does not answer stays empty; only a link that breaks is a failure. */
static int ask(struct syn_member *member, struct syn_operation *op, int started,
               struct syn_error *error)
{
    int rc = syn_operation_started(op, member, started, error);
    if (rc == 0)
        rc = syn_operation_wait(op, member->bench->console, error);
    if (rc == SYN_ELINK || rc == SYN_ECANCELED)
        return rc;
    syn_error_clear(error);
    return 0;
}

int syn_foreign_greet(struct syn_member *member, const char *profile, struct syn_error *error)
{
    struct syn_operation about = {.answer = keep_about, .ctx = &member->smp};
    struct syn_operation version = {.answer = keep_version, .ctx = &member->hello};
    memset(&member->profile, 0, sizeof member->profile);
    if (profile) {
        syn_error_set(error, SYN_EUNSUP, "an SMP device without our agent, which plans nothing");
        syn_error_hint(error, "connect it without --profile");
        return SYN_EUNSUP;
    }
    int rc = ask(member, &about,
                 syn_session_info(member->session, "snrpi", syn_operation_done, &about), error);
    if (rc == 0 && member->session)
        rc = ask(member, &version,
                 syn_session_images(member->session, syn_operation_done, &version), error);
    return rc;
}
