/* SPDX-License-Identifier: MIT */
/* Devices whose link to the host is away for a while, or that switch to another deployment one
 * after the other. Built twice: with the memory of virtual wearables, and with that of a board. */
#include "bodies.h"

#include "devices/agent/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EACH    10  /* inferences of each pipeline */
#define SECONDS 300 /* of the devices' time, in which any run must be over */
#define MS      1000000

#define CHAIN                                                                                      \
    {                                                                                              \
        .layers = 4, .wide = 8, .size = 20                                                         \
    }
static const struct bodies_host faithful = {.late_ns = 0};

/* What the others still send of the deployment before. */
static void what_was_under_way_before_a_deployment_is_no_part_of_it(void **state)
{
    (void)state;
    static const struct bodies_pipe through[] = {{CHAIN, 0, 1, 2, 0}, {CHAIN, 1, 2, 0, 1}};
    for (unsigned first = 0; first < 3; first++) {
        struct bodies *b = bodies_new(3, through, 2, &faithful, 30 + first);
        bodies_start(b, SYN_RT_FAIR, 0);
        bodies_pass(b, 600 * MS);
        for (unsigned i = 0; i < 3; i++) {
            b->body[i].away = i == first;
            syn_agent_plan_stop(&b->body[i].agent);
        }
        bodies_pass(b, 500 * MS); /* until the others repeat what it does not confirm */
        b->body[first].away = false;
        for (unsigned i = 0; i < 3; i++) {
            bodies_deploy(b, (first + i) % 3);
            bodies_pass(b, 1500 * MS);
        }
        b->acted_count[0] = b->acted_count[1] = 0;
        bodies_start(b, SYN_RT_FAIR, EACH);
        assert_true(bodies_run(b, EACH, 10));
        for (unsigned p = 0; p < 2; p++)
            for (unsigned i = 0; i < EACH; i++)
                assert_int_equal(b->acted[p][i], i + 1);
        bodies_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_under_way_before_a_deployment_is_no_part_of_it),
    };
    return cmocka_run_group_tests_name("traffic_away", tests, NULL, NULL);
}
