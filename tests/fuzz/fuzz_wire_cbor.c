/* SPDX-License-Identifier: MIT */
/* Any bytes: reading by table, skipping and the status of an answer stay inside them. */
#include <stdlib.h>
#include <string.h>

#include "devices/wire/smp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct all {
    uint8_t u8;
    int32_t i32;
    int64_t i64;
    bool flag;
    char str[6];
    uint8_t hash[4];
    struct syn_span text, bytes, item;
    uint16_t u16s[3];
    uint64_t u64s[2];
};

static const struct syn_cbor_field fields[] = {
    SYN_FIELD(SYN_KEY_U8, struct all, u8, "a"),
    SYN_FIELD(SYN_KEY_I32, struct all, i32, "b"),
    SYN_FIELD(SYN_KEY_I64, struct all, i64, "c"),
    SYN_FIELD(SYN_KEY_BOOL, struct all, flag, "d"),
    SYN_FIELD(SYN_KEY_STR, struct all, str, "e"),
    SYN_FIELD(SYN_KEY_HASH, struct all, hash, "f"),
    SYN_FIELD(SYN_KEY_TEXT, struct all, text, "g"),
    SYN_FIELD(SYN_KEY_BYTES, struct all, bytes, "h"),
    SYN_FIELD(SYN_KEY_ITEM, struct all, item, "i"),
    SYN_FIELD_ARRAY(SYN_KEY_U16S, struct all, u16s, "j"),
    SYN_FIELD_ARRAY(SYN_KEY_U64S, struct all, u64s, "k"),
};

static void check_inside(struct syn_span s, const uint8_t *data, size_t size)
{
    if (s.size > 0 && (s.data < data || s.data + s.size > data + size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct all all = {0};
    struct syn_cbor_in r;
    struct syn_smp_status status;
    syn_cbor_in_init(&r, data, size);
    struct syn_span item = syn_cbor_skip(&r);
    check_inside(item, data, size);
    bool well_formed = !r.error;
    syn_cbor_in_init(&r, data, size);
    if (syn_cbor_get_fields(&r, fields, sizeof fields / sizeof fields[0], &all, NULL) == 0) {
        check_inside(all.text, data, size);
        check_inside(all.bytes, data, size);
        check_inside(all.item, data, size);
        if (size > 0 && well_formed && r.at != item.size)
            abort(); /* both readers agree on where a map ends */
    }
    (void)syn_smp_get_status(&status, 1, data, size);
    return 0;
}
