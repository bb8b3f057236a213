/* SPDX-License-Identifier: MIT */
/* Group 0, date and time: what a host has set, and as long as the device runs. In UTC. */
#include "devices/agent/dispatch.h"
#include "devices/agent/text.h"

enum { OS_ERR_CLOCK = 4, DAY_S = 86400, FIRST_YEAR = 1970, LAST_YEAR = 2199 };
enum { NS_PER_US = 1000, US_PER_S = 1000000 };

#define NS_PER_S INT64_C(1000000000)

struct moment {
    uint32_t year, month, day, hour, minute, second;
};

/* ---- calendar ---- */

/* Days that are added: 1 or 0. */
static uint32_t leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
    return month == 2 ? 28U + leap(year) : 30 + ((month + (month > 7)) & 1);
}

static bool is_valid(const struct moment *m)
{
    return m->year >= FIRST_YEAR && m->year <= LAST_YEAR && m->month >= 1 && m->month <= 12 &&
           m->day >= 1 && m->day <= days_of_month(m->year, m->month) && m->hour < 24 &&
           m->minute < 60 && m->second < 60;
}

static int64_t seconds_of(const struct moment *m)
{
    uint32_t days = m->day - 1;
    for (uint32_t y = FIRST_YEAR; y < m->year; y++)
        days += 365U + leap(y);
    for (uint32_t month = 1; month < m->month; month++)
        days += days_of_month(m->year, month);
    return (int64_t)days * DAY_S + m->hour * 3600 + m->minute * 60 + m->second;
}

static struct moment moment_of(int64_t seconds)
{
    uint32_t days = (uint32_t)(seconds / DAY_S), rest = (uint32_t)(seconds % DAY_S);
    struct moment m = {FIRST_YEAR, 1, 1, rest / 3600, rest / 60 % 60, rest % 60};
    while (days >= 365U + leap(m.year))
        days -= 365U + leap(m.year++);
    while (days >= days_of_month(m.year, m.month))
        days -= days_of_month(m.year, m.month++);
    m.day += days;
    return m;
}

/* ---- text: 2026-05-31T12:00:00, with a fraction and a zone where there is one ---- */

struct reader {
    struct syn_span text;
    size_t at;
    bool wrong;
};

static bool next_is(struct reader *r, char c)
{
    bool is = r->at < r->text.size && r->text.data[r->at] == (uint8_t)c;
    r->at += is;
    return is;
}

static uint32_t digits(struct reader *r, unsigned count)
{
    uint32_t v = 0;
    while (count-- > 0) {
        uint8_t c = r->at < r->text.size ? r->text.data[r->at++] : 0;
        r->wrong |= c < '0' || c > '9';
        v = v * 10 + (uint32_t)(c - '0');
    }
    return v;
}

/* A number with what must stand before it. */
static uint32_t part(struct reader *r, char before)
{
    r->wrong |= !next_is(r, before);
    return digits(r, 2);
}

static uint32_t fraction_us(struct reader *r)
{
    uint32_t us = 0, unit = US_PER_S;
    if (!next_is(r, '.'))
        return 0;
    while (r->at < r->text.size && r->text.data[r->at] >= '0' && r->text.data[r->at] <= '9') {
        unit /= 10;
        us += unit * (uint32_t)(r->text.data[r->at++] - '0');
    }
    return us;
}

/* How far the zone is ahead of UTC. */
static int32_t zone_s(struct reader *r)
{
    int32_t sign = next_is(r, '+') ? 1 : next_is(r, '-') ? -1 : 0;
    if (sign == 0) {
        (void)next_is(r, 'Z');
        return 0;
    }
    uint32_t hours = digits(r, 2);
    (void)next_is(r, ':');
    uint32_t minutes = digits(r, 2);
    r->wrong |= hours > 14 || minutes > 59;
    return sign * (int32_t)(hours * 3600 + minutes * 60);
}

static bool read_moment(struct syn_span text, int64_t *utc_ns)
{
    struct reader r = {.text = text};
    struct moment m;
    m.year = digits(&r, 4);
    m.month = part(&r, '-');
    m.day = part(&r, '-');
    m.hour = part(&r, 'T');
    m.minute = part(&r, ':');
    m.second = part(&r, ':');
    uint32_t us = fraction_us(&r);
    int32_t zone = zone_s(&r);
    if (r.wrong || r.at != text.size || !is_valid(&m))
        return false;
    *utc_ns = (seconds_of(&m) - zone) * NS_PER_S + (int64_t)us * NS_PER_US;
    return *utc_ns > 0;
}

static void put_padded(struct syn_text *t, const char *before, uint32_t v, uint32_t unit)
{
    syn_text_put(t, before);
    for (; unit > 1 && v < unit; unit /= 10)
        syn_text_put(t, "0");
    syn_text_number(t, v);
}

/* ---- requests ---- */

static void put_clock(struct syn_agent_call *call)
{
    const struct syn_agent *agent = call->agent;
    int64_t us = (agent->utc_ns + agent->port.now_ns(agent->port.ctx)) / NS_PER_US;
    const struct moment m = moment_of(us / US_PER_S);
    char text[32];
    struct syn_text t;
    syn_text_init(&t, text, sizeof text);
    put_padded(&t, "", m.year, 1000);
    put_padded(&t, "-", m.month, 10);
    put_padded(&t, "-", m.day, 10);
    put_padded(&t, "T", m.hour, 10);
    put_padded(&t, ":", m.minute, 10);
    put_padded(&t, ":", m.second, 10);
    put_padded(&t, ".", (uint32_t)(us % US_PER_S), US_PER_S / 10);
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_text(&call->out, "datetime", text);
}

static void set_clock(struct syn_agent_call *call)
{
    struct set {
        struct syn_span datetime;
    } set = {{NULL, 0}};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_TEXT, struct set, datetime, "datetime")};
    struct syn_agent *agent = call->agent;
    int64_t utc_ns;
    if (!syn_agent_read(call, fields, 1, &set, NULL))
        return;
    if (read_moment(set.datetime, &utc_ns))
        agent->utc_ns = utc_ns - agent->port.now_ns(agent->port.ctx);
    else
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, NULL);
}

void syn_agent_os_clock(struct syn_agent_call *call)
{
    if (call->request.op == SYN_SMP_WRITE)
        set_clock(call);
    else if (call->agent->utc_ns == 0)
        syn_agent_fail(call, SYN_GROUP_OS, OS_ERR_CLOCK, NULL);
    else
        put_clock(call);
}
