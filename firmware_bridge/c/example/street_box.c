/* The example board, apart from any machine. See street_box.h. */

#include "street_box.h"

#define INTERVAL_MS_MIN 20u
#define INTERVAL_MS_MAX 3600000u

static void clock_us(void *port, struct lamp_us *now)
{
    const struct machine *const machine = ((struct street_box *)port)->machine;

    machine->clock_us(machine->self, now);
}

static void tx_us(void *port, struct lamp_us *at)
{
    const struct machine *const machine = ((struct street_box *)port)->machine;

    machine->tx_us(machine->self, at);
}

static uint32_t clock_ms(void *port)
{
    const struct machine *const machine = ((struct street_box *)port)->machine;

    return machine->clock_ms(machine->self);
}

static uint8_t write(void *port, const uint8_t *wire, uint8_t size)
{
    const struct machine *const machine = ((struct street_box *)port)->machine;

    return machine->write(machine->self, wire, size);
}

static uint8_t set_interval(struct street_box *box, uint32_t interval_ms)
{
    if (interval_ms < INTERVAL_MS_MIN || interval_ms > INTERVAL_MS_MAX) {
        return LAMP_BAD_ARGUMENTS;
    }
    box->interval_ms = interval_ms;
    box->due_ms = clock_ms(box) + interval_ms;
    return LAMP_DONE;
}

static uint8_t command(void *port, uint16_t op, const uint8_t *arguments, uint8_t size,
                       uint8_t *result, uint8_t *result_size)
{
    struct street_box *const box = port;

    switch (op) {
    case STREET_BOX_OP_PING:
        return LAMP_DONE;
    case STREET_BOX_OP_SET_INTERVAL_MS:
        return size < 4u ? (uint8_t)LAMP_BAD_ARGUMENTS : set_interval(box, lamp_get(arguments, 4));
    case STREET_BOX_OP_ADD:
        if (size < 4u) {
            return LAMP_BAD_ARGUMENTS;
        }
        box->total += lamp_get(arguments, 4);
        (void)lamp_put(result, box->total, 4);
        *result_size = 4;
        return LAMP_DONE;
    case STREET_BOX_OP_REBOOT:
        box->machine->restart(box->machine->self);
        return LAMP_DONE;
    default:
        return LAMP_UNKNOWN_OP;
    }
}

static void other(void *port, uint8_t type, const uint8_t *payload, uint8_t size)
{
    const struct machine *const machine = ((struct street_box *)port)->machine;

    if (type == EXPERIMENT && size >= 5u) {
        machine->misbehave(machine->self, payload[0], lamp_get(payload + 1, 4));
    }
}

void street_box_start(struct street_box *box, const struct machine *machine, const uint8_t uid[8],
                      uint32_t boot_id, uint8_t reset_reason)
{
    struct lamp_config *const config = &box->config;
    uint8_t ix;

    for (ix = 0; ix < 8u; ix++) {
        config->uid[ix] = uid[ix];
    }
    config->firmware = 0x01020003u;
    config->descriptor_hash = STREET_BOX_DESCRIPTOR_HASH;
    config->descriptor = street_box_descriptor;
    config->descriptor_size = STREET_BOX_DESCRIPTOR_SIZE;
    config->flags = LAMP_HAS_BOOT_ID | LAMP_TAKES_COMMANDS | LAMP_ANSWERS_TIME;
    config->heartbeat_s = 10;
    config->clock_us = clock_us;
    config->tx_us = tx_us;
    config->clock_ms = clock_ms;
    config->write = write;
    config->command = command;
    config->other = other;
    box->machine = machine;
    box->interval_ms = STREET_BOX_ENV_INTERVAL_MS;
    box->count = 0;
    box->total = 0;
    lamp_start(&box->board, config, box, boot_id, reset_reason);
    box->due_ms = clock_ms(box) + box->interval_ms;
}

/* What the sensor that does not exist says the count-th time: anybody can check it. */
static void sample(struct street_box *box, uint32_t tick_ms)
{
    const uint32_t count = box->count++;
    uint8_t values[STREET_BOX_ENV_SIZE];
    uint8_t *at = values;

    at = lamp_put(at, count, 4);
    at = lamp_put(at, 2000u + count * 7u % 1000u, 2);
    at = lamp_put(at, 4000u + count * 13u % 2000u, 2);
    at = lamp_put(at, 100000u + count * 29u % 3000u, 4);
    (void)lamp_put(at, 3000u + count * 3u % 600u, 2);
    (void)lamp_data(&box->board, STREET_BOX_ENV, 0, tick_ms, values, sizeof values);
}

void street_box_poll(struct street_box *box)
{
    const uint32_t now_ms = clock_ms(box);

    if (now_ms - box->due_ms < 0x80000000u) {
        box->due_ms += box->interval_ms;
        if (now_ms - box->due_ms < 0x80000000u) { /* it slept: one sample, then the rhythm */
            box->due_ms = now_ms + box->interval_ms;
        }
        sample(box, now_ms);
    }
    lamp_tick(&box->board);
}
