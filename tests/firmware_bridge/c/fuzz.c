/*
 * libFuzzer: any bytes into a reader and into a whole board. What is accepted is encoded again and
 * must be read again. Build: see tests/firmware_bridge/test_c_fuzz.py.
 *
 * Random input never passes a CRC. So the library compares none where it is built for the fuzzer
 * (FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION), and the board is given frames with right sums.
 */

#include <stdlib.h>
#include <string.h>

#include "lamp.h"
#include "street_box.h"

#define ROOM 246u

static uint64_t now_us;

static void clock_us(void *self, struct lamp_us *now)
{
    (void)self;
    now->low = (uint32_t)now_us;
    now->high = (uint32_t)(now_us >> 32);
}

static uint32_t clock_ms(void *self)
{
    (void)self;
    return (uint32_t)(now_us / 1000u);
}

static uint8_t write(void *self, const uint8_t *wire, uint8_t size)
{
    struct lamp_rx rx;
    uint8_t body[ROOM];
    uint8_t ix;
    enum lamp_verdict verdict = LAMP_NOTHING;

    (void)self;
    lamp_rx_init(&rx, body, ROOM);
    for (ix = 0; ix < size; ix++) {
        verdict = lamp_rx_byte(&rx, wire[ix]);
    }
    if (verdict != LAMP_FRAME) { /* it must be able to read what it says */
        abort();
    }
    return size % 7u != 0u;
}

static void restart(void *self)
{
    (void)self;
}

static void misbehave(void *self, uint8_t what, uint32_t argument)
{
    (void)self;
    (void)what;
    (void)argument;
}

/* Whether what was said again is what was heard: all but the sum, which nobody compared. */
static int reads_alike(const struct lamp_rx *heard, const uint8_t *wire, size_t size)
{
    struct lamp_rx rx;
    uint8_t body[ROOM];
    enum lamp_verdict verdict = LAMP_NOTHING;
    size_t ix;

    lamp_rx_init(&rx, body, ROOM);
    for (ix = 0; ix < size; ix++) {
        verdict = lamp_rx_byte(&rx, wire[ix]);
    }
    return verdict == LAMP_FRAME && rx.size == heard->size &&
           memcmp(body, heard->body, rx.size - 4u) == 0;
}

static void read_and_say_again(const uint8_t *data, size_t size)
{
    struct lamp_rx rx;
    uint8_t *const body = malloc(ROOM);
    uint8_t wire[249];
    size_t ix;
    size_t made;

    if (body == NULL) {
        return;
    }
    lamp_rx_init(&rx, body, ROOM);
    for (ix = 0; ix < size; ix++) {
        if (lamp_rx_byte(&rx, data[ix]) != LAMP_FRAME) {
            continue;
        }
        made = lamp_frame(wire, sizeof wire, LAMP_RX_TYPE(&rx), LAMP_RX_SEQ(&rx),
                          LAMP_RX_PAYLOAD(&rx), LAMP_RX_PAYLOAD_SIZE(&rx), wire, 0);
        if (made != LAMP_RX_PAYLOAD_SIZE(&rx) + 9u || !reads_alike(&rx, wire, made)) {
            abort();
        }
    }
    free(body);
}

static void ask_a_board(const uint8_t *data, size_t size)
{
    static const uint8_t uid[8] = {1};
    const struct machine machine = {NULL,  clock_us, clock_us, clock_ms,
                                    write, restart,  misbehave};
    struct street_box *const box = malloc(sizeof *box);
    struct lamp_us at;
    uint8_t wire[249];
    size_t made;
    size_t ix;
    size_t piece;

    if (box == NULL) {
        return;
    }
    now_us = 0;
    street_box_start(box, &machine, uid, 1, 0);
    while (size > 2u) { /* length, type, payload: put into a frame with a right sum */
        piece = data[0] % 72u;
        piece = piece > size - 2u ? size - 2u : piece;
        made = lamp_frame(wire, sizeof wire, data[1] & 31u, 0, data + 2, piece, wire, 0);
        clock_us(NULL, &at);
        for (ix = 0; ix < made; ix++) {
            lamp_receive(&box->board, wire[ix], &at);
        }
        now_us += 300000u;
        street_box_poll(box);
        data += piece + 2u;
        size -= piece + 2u;
    }
    free(box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_say_again(data, size);
    ask_a_board(data, size);
    return 0;
}
