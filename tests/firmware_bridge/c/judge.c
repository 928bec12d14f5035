/*
 * What the C library makes of streams and blocks, in bulk: cases on standard input, answers on
 * standard output. A case is its kind, three sizes and as many bytes; integers are little-endian.
 *
 *   'r' capacity, -, n, n bytes      read:   verdicts, each with where it ended; then 0xFF
 *   'e' capacity, type + seq, n ..   frame:  n bytes of payload, cut in two at capacity's high half
 *   'c' capacity, -, n ..            COBS encode: size u32, bytes
 *   'd' capacity, -, n ..            COBS decode: size u32, bytes
 *
 * Every buffer is followed by guard bytes that nothing may touch.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lamp.h"

#define DATA_MAX 65536u
#define GUARD 16u

static uint8_t data[DATA_MAX];
static uint8_t out[DATA_MAX + GUARD];

static uint32_t number(void)
{
    uint8_t raw[4];

    if (fread(raw, 1, 4, stdin) != 4) {
        exit(2);
    }
    return lamp_get(raw, 4);
}

static void say(uint32_t value, uint8_t size)
{
    uint8_t raw[4];

    (void)lamp_put(raw, value, size);
    (void)fwrite(raw, 1, size, stdout);
}

static void guard(size_t from)
{
    memset(out + from, 0xA5, GUARD);
}

static void check(size_t from)
{
    size_t ix;

    for (ix = 0; ix < GUARD; ix++) {
        if (out[from + ix] != 0xA5) {
            exit(3);
        }
    }
}

static void read_stream(uint32_t capacity, uint32_t size)
{
    struct lamp_rx rx;
    uint32_t ix;

    lamp_rx_init(&rx, out, (uint8_t)capacity);
    guard(capacity);
    for (ix = 0; ix < size; ix++) {
        const enum lamp_verdict verdict = lamp_rx_byte(&rx, data[ix]);

        if (verdict == LAMP_NOTHING) {
            continue;
        }
        say((uint32_t)verdict, 1);
        say(ix + 1u, 4);
        if (verdict == LAMP_FRAME) {
            say(LAMP_RX_TYPE(&rx), 1);
            say(LAMP_RX_SEQ(&rx), 1);
            say(LAMP_RX_PAYLOAD_SIZE(&rx), 1);
            (void)fwrite(LAMP_RX_PAYLOAD(&rx), 1, LAMP_RX_PAYLOAD_SIZE(&rx), stdout);
        }
    }
    check(capacity);
    say(0xFFu, 1);
}

static void answer(size_t size, size_t capacity)
{
    check(capacity);
    say((uint32_t)size, 4);
    if (size <= capacity) {
        (void)fwrite(out, 1, size, stdout);
    }
}

int main(void)
{
    int kind;

    while ((kind = getchar()) != EOF) {
        const uint32_t capacity = number();
        const uint32_t word = number();
        const uint32_t size = number();
        const uint32_t room = capacity & 0xFFFFu;
        const uint32_t split = capacity >> 16;

        if (size > DATA_MAX || fread(data, 1, size, stdin) != size) {
            return 2;
        }
        guard(room);
        switch (kind) {
        case 'r':
            read_stream(room, size);
            break;
        case 'e':
            answer(lamp_frame(out, room, (uint8_t)word, (uint8_t)(word >> 8), data, split,
                              data + split, size - split),
                   room);
            break;
        case 'c':
            answer(lamp_cobs_encode(out, room, data, size), room);
            break;
        case 'd':
            answer(lamp_cobs_decode(out, room, data, size), room);
            break;
        default:
            return 2;
        }
    }
    return 0;
}
