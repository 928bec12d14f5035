/*
 * street-box on a computer, as a shared library: whoever loads it is the machine. Time comes in with
 * every call, bytes go in and out, and what the board wishes to happen to it is asked for. There is
 * no state but the caller's, and nothing waits.
 */

#include "street_box.h"

#define OUT_BYTES 512u

struct hosted {
    struct street_box box;
    struct machine machine;
    uint64_t clock_us;
    uint32_t out_size;
    uint32_t wish_argument;
    uint8_t wish; /* enum misbehaviour; 0xFF: restart as commanded; 0: nothing */
    uint8_t out[OUT_BYTES];
};

#define WISH_RESTART 0xFFu

static void clock_us(void *self, struct lamp_us *now)
{
    const uint64_t us = ((struct hosted *)self)->clock_us;

    now->low = (uint32_t)us;
    now->high = (uint32_t)(us >> 32);
}

static uint32_t clock_ms(void *self)
{
    return (uint32_t)(((struct hosted *)self)->clock_us / 1000u);
}

static uint8_t write(void *self, const uint8_t *wire, uint8_t size)
{
    struct hosted *const hosted = self;
    uint8_t ix;

    if (hosted->out_size + size > OUT_BYTES) {
        return 0;
    }
    for (ix = 0; ix < size; ix++) {
        hosted->out[hosted->out_size++] = wire[ix];
    }
    return 1;
}

static void misbehave(void *self, uint8_t what, uint32_t argument)
{
    struct hosted *const hosted = self;

    hosted->wish = what;
    hosted->wish_argument = argument;
}

static void restart(void *self)
{
    misbehave(self, WISH_RESTART, 0);
}

size_t hosted_size(void);
void hosted_start(struct hosted *hosted, uint64_t now_us, const uint8_t uid[8], uint32_t boot_id,
                  uint8_t reset_reason);
void hosted_receive(struct hosted *hosted, const uint8_t *data, size_t size, uint64_t now_us);
void hosted_poll(struct hosted *hosted, uint64_t now_us);
void hosted_overrun(struct hosted *hosted, uint32_t count);
size_t hosted_take(struct hosted *hosted, uint8_t *out);
uint8_t hosted_wish(struct hosted *hosted, uint32_t *argument);
uint32_t hosted_due_ms(const struct hosted *hosted);
uint32_t hosted_beat_ms(const struct hosted *hosted);

size_t hosted_size(void)
{
    return sizeof(struct hosted);
}

void hosted_start(struct hosted *hosted, uint64_t now_us, const uint8_t uid[8], uint32_t boot_id,
                  uint8_t reset_reason)
{
    struct machine *const machine = &hosted->machine;

    machine->self = hosted;
    machine->clock_us = clock_us;
    machine->tx_us = clock_us;
    machine->clock_ms = clock_ms;
    machine->write = write;
    machine->restart = restart;
    machine->misbehave = misbehave;
    hosted->clock_us = now_us;
    hosted->out_size = 0;
    hosted->wish = 0;
    street_box_start(&hosted->box, machine, uid, boot_id, reset_reason);
}

void hosted_receive(struct hosted *hosted, const uint8_t *data, size_t size, uint64_t now_us)
{
    struct lamp_us now;

    hosted->clock_us = now_us;
    clock_us(hosted, &now);
    while (size-- != 0u) {
        lamp_receive(&hosted->box.board, *data++, &now);
    }
}

void hosted_poll(struct hosted *hosted, uint64_t now_us)
{
    hosted->clock_us = now_us;
    street_box_poll(&hosted->box);
}

void hosted_overrun(struct hosted *hosted, uint32_t count)
{
    hosted->box.board.rx_overrun += count;
}

size_t hosted_take(struct hosted *hosted, uint8_t *out)
{
    const size_t size = hosted->out_size;
    size_t ix;

    for (ix = 0; ix < size; ix++) {
        out[ix] = hosted->out[ix];
    }
    hosted->out_size = 0;
    return size;
}

uint8_t hosted_wish(struct hosted *hosted, uint32_t *argument)
{
    const uint8_t wish = hosted->wish;

    *argument = hosted->wish_argument;
    hosted->wish = 0;
    return wish;
}

uint32_t hosted_due_ms(const struct hosted *hosted)
{
    return hosted->box.due_ms;
}

uint32_t hosted_beat_ms(const struct hosted *hosted)
{
    return hosted->box.board.beat_ms + (uint32_t)hosted->box.config.heartbeat_s * 1000u;
}
