/*
 * street-box: the example board, apart from any machine. It samples a sensor that does not exist,
 * takes four commands, and can be told to misbehave, so that whoever is on the other end of the
 * line can be tried out. A port to a machine fills in `struct machine`; see cortexm.c for one.
 */
#ifndef STREET_BOX_H
#define STREET_BOX_H

#include "../lamp.h"
#include "street_box_descriptor.h"

/* Payload of a frame of type 30: which, and an argument of four bytes. */
enum misbehaviour {
    LOCK_UP = 1,   /* interrupts off and an endless loop: the watchdog must help */
    CRASH = 2,     /* a write to nowhere */
    BROWN_OUT = 3, /* the supply sags */
    DRIFT = 4,     /* the clock runs faster by so many ppm (signed) */
    HANG = 5       /* nothing is served for so many ms, and the receiver's buffer runs over */
};
#define EXPERIMENT 30u
#define RING_BYTES 64u /* what the receiver holds while nobody serves it */

struct machine {
    void *self;
    void (*clock_us)(void *self, struct lamp_us *now);
    void (*tx_us)(void *self, struct lamp_us *at);
    uint32_t (*clock_ms)(void *self);
    uint8_t (*write)(void *self, const uint8_t *wire, uint8_t size);
    void (*restart)(void *self); /* soon, as commanded; the answer leaves first */
    void (*misbehave)(void *self, uint8_t what, uint32_t argument);
};

struct street_box {
    struct lamp_config config;
    struct lamp_board board;
    const struct machine *machine;
    uint32_t interval_ms;
    uint32_t due_ms;
    uint32_t count;
    uint32_t total;
};

void street_box_start(struct street_box *box, const struct machine *machine, const uint8_t uid[8],
                      uint32_t boot_id, uint8_t reset_reason);
void street_box_poll(struct street_box *box); /* as often as the main loop comes round */

#endif
