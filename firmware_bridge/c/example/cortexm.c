/*
 * street-box on a microcontroller without a library: start-up, one UART by interrupt, a hardware
 * counter for the time, a watchdog, and the reason of the last reset. For the ARM MPS2 board with a
 * Cortex-M3, which QEMU emulates (mps2-an385); on another chip the registers differ, not the shape.
 *
 * The time comes from a free-running hardware counter. Counting SysTick interrupts loses time
 * whenever they are masked, and on emulators whenever the host is busy.
 */

#include "street_box.h"

/* ----------------------------------------------------------------------------- registers */

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL REGISTER(0x40004008u)
#define UART_INTCLEAR REGISTER(0x4000400Cu)
#define UART_BAUDDIV REGISTER(0x40004010u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u

#define TIMER_LOAD REGISTER(0x40002000u)
#define TIMER_VALUE REGISTER(0x40002004u)
#define TIMER_CTRL REGISTER(0x40002008u)

#define DOG_LOAD REGISTER(0x40008000u)
#define DOG_CTRL REGISTER(0x40008008u)
#define DOG_CLEAR REGISTER(0x4000800Cu)
#define DOG_LOCK REGISTER(0x40008C00u)

#define NVIC_ENABLE REGISTER(0xE000E100u)
#define RESET_CONTROL REGISTER(0xE000ED0Cu)

#define CLOCK_HZ 25000000u
#define BAUD 115200u
#define DOG_S 1u /* the first expiry says so, the second, as long after, resets */

/* ------------------------------------------------------------- what outlives a reset */

#define SEED REGISTER(0x20010000u) /* written by whoever starts the emulator, at each reset */
#define KNOWN 0x1A3B5C7Du

struct kept {
    uint32_t known; /* KNOWN, or the RAM is as the supply left it */
    uint32_t starts;
    uint32_t reason; /* of the reset that is to come */
};
static volatile struct kept kept __attribute__((section(".kept")));

/* ---------------------------------------------------------------------------- the time */

static struct {
    uint32_t last;
    uint32_t high;
    uint64_t from_us; /* counter's time when the drift was set */
    uint64_t at_us;   /* what the clock showed then */
    int32_t drift_ppm;
} clock;

static uint32_t lock(void)
{
    uint32_t before;

    __asm volatile("mrs %0, primask\n cpsid i" : "=r"(before)::"memory");
    return before;
}

static void unlock(uint32_t before)
{
    __asm volatile("msr primask, %0" ::"r"(before) : "memory");
}

/* Must be asked at least once in 171 s, when the counter has gone round. */
static uint64_t counter_us(void)
{
    const uint32_t before = lock();
    const uint32_t now = ~TIMER_VALUE;
    uint64_t all;

    if (now < clock.last) {
        clock.high++;
    }
    clock.last = now;
    all = (uint64_t)clock.high << 32 | now;
    unlock(before);
    return all / (CLOCK_HZ / 1000000u);
}

static uint64_t clock_now_us(void)
{
    const uint64_t passed = counter_us() - clock.from_us;

    return clock.at_us + passed * (uint64_t)(1000000 + clock.drift_ppm) / 1000000u;
}

static void set_drift(int32_t ppm)
{
    const uint64_t now_us = clock_now_us();

    clock.from_us = counter_us();
    clock.at_us = now_us;
    clock.drift_ppm = ppm;
}

static void clock_us(void *self, struct lamp_us *now)
{
    const uint64_t us = clock_now_us();

    (void)self;
    now->low = (uint32_t)us;
    now->high = (uint32_t)(us >> 32);
}

static uint32_t clock_ms(void *self)
{
    (void)self;
    return (uint32_t)(clock_now_us() / 1000u);
}

/* ----------------------------------------------------------------------------- the line */

struct received {
    struct lamp_us at;
    uint8_t byte;
};

static struct received ring[RING_BYTES];
static volatile uint32_t ring_in;
static volatile uint32_t ring_out;
static volatile uint32_t overruns;

static uint8_t out[512];
static uint32_t out_in;
static uint32_t out_out;

void uart_rx(void);
void uart_rx(void)
{
    /* Before reading: a byte that comes behind the last look must ask again, or nothing ever will. */
    UART_INTCLEAR = 2u;
    while ((UART_STATE & UART_RX_FULL) != 0u) {
        struct received *const one = &ring[ring_in % RING_BYTES];
        const uint8_t byte = (uint8_t)UART_DATA;

        if (ring_in - ring_out >= RING_BYTES) {
            overruns++;
            continue;
        }
        one->byte = byte;
        if (byte == 0u) { /* the end of a frame: its time matters */
            clock_us(0, &one->at);
        }
        ring_in++;
    }
}

static void uart_send(void)
{
    while (out_in != out_out && (UART_STATE & UART_TX_FULL) == 0u) {
        UART_DATA = out[out_out++ % sizeof out];
    }
}

static uint8_t write(void *self, const uint8_t *wire, uint8_t size)
{
    uint8_t ix;

    (void)self;
    if (size > sizeof out - (out_in - out_out)) {
        return 0;
    }
    for (ix = 0; ix < size; ix++) {
        out[out_in++ % sizeof out] = wire[ix];
    }
    uart_send();
    return 1;
}

static void tx_us(void *self, struct lamp_us *at)
{
    const uint64_t waits_us = (uint64_t)(out_in - out_out) * 10u * 1000000u / BAUD;
    const uint64_t us = clock_now_us() + waits_us;

    (void)self;
    at->low = (uint32_t)us;
    at->high = (uint32_t)(us >> 32);
}

/* --------------------------------------------------------------------- resets and faults */

static void feed(void)
{
    DOG_CLEAR = 1u;
}

static void reset_now(uint32_t reason)
{
    kept.reason = reason;
    RESET_CONTROL = 0x05FA0004u;
    for (;;) {
    }
}

void hard_fault(void);
void hard_fault(void)
{
    reset_now(LAMP_FAULT);
}

void dog_barks(void);
void dog_barks(void)
{
    kept.reason = LAMP_WATCHDOG;
    for (;;) { /* it bites soon */
    }
}

static uint32_t restart_at_ms;
static uint8_t restart_wanted;

static void restart(void *self)
{
    restart_wanted = 1;
    restart_at_ms = clock_ms(self) + 50u;
}

static void misbehave(void *self, uint8_t what, uint32_t argument)
{
    const uint32_t from_ms = clock_ms(self);

    switch (what) {
    case LOCK_UP:
        (void)lock();
        for (;;) {
        }
    case CRASH:
        REGISTER(0xA0000000u) = 1u;
        break;
    case BROWN_OUT:
        reset_now(LAMP_BROWN_OUT);
        break;
    case DRIFT:
        set_drift((int32_t)argument);
        break;
    case HANG:
        while (clock_ms(self) - from_ms < argument) {
            feed();
        }
        break;
    default:
        break;
    }
}

/* ------------------------------------------------------------------------------ start-up */

static struct street_box box;
static const struct machine machine = {0, clock_us, tx_us, clock_ms, write, restart, misbehave};
static const uint8_t uid[8] = {0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01};

static uint32_t mixed(uint32_t seed, uint32_t count)
{
    uint32_t all = seed ^ count * 0x9E3779B9u;

    all = (all ^ all >> 16) * 0x85EBCA6Bu;
    all = (all ^ all >> 13) * 0xC2B2AE35u;
    return all ^ all >> 16;
}

static uint8_t reset_reason(void)
{
    uint8_t reason = LAMP_POWER;

    if (kept.known == KNOWN) {
        reason = (uint8_t)kept.reason;
        kept.starts++;
    } else {
        kept.known = KNOWN;
        kept.starts = 0;
    }
    kept.reason = LAMP_WATCHDOG; /* or the reset pin: whatever tells nobody */
    return reason;
}

static void serve(void)
{
    while (ring_out != ring_in) {
        const struct received one = ring[ring_out % RING_BYTES];

        ring_out++;
        lamp_receive(&box.board, one.byte, &one.at);
    }
    if (overruns != 0u) {
        const uint32_t before = lock();

        box.board.rx_overrun += overruns;
        overruns = 0;
        unlock(before);
    }
}

int main(void)
{
    const uint8_t reason = reset_reason();

    TIMER_LOAD = 0xFFFFFFFFu;
    TIMER_CTRL = 0x82u; /* free-running, 32 bits */
    DOG_LOCK = 0x1ACCE551u;
    DOG_LOAD = CLOCK_HZ * DOG_S;
    DOG_CTRL = 3u;
    UART_BAUDDIV = CLOCK_HZ / BAUD;
    UART_CTRL = 0xBu; /* transmit, receive, interrupt on receipt */
    NVIC_ENABLE = 1u;
    street_box_start(&box, &machine, uid, mixed(SEED, kept.starts), reason);
    for (;;) {
        feed();
        serve();
        street_box_poll(&box);
        uart_send();
        if (restart_wanted != 0u && out_in == out_out &&
            clock_ms(0) - restart_at_ms < 0x80000000u) {
            reset_now(LAMP_COMMANDED);
        }
    }
}

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

void reset(void);
void reset(void)
{
    const uint32_t *from = data_load;
    uint32_t *to;

    for (to = data_start; to != data_end; to++) {
        *to = *from++;
    }
    for (to = bss_start; to != bss_end; to++) {
        *to = 0;
    }
    (void)main();
}

/* The compiler may call these even without a library. */
void *memcpy(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
    volatile uint8_t *out_at = to;
    const uint8_t *in_at = from;

    while (size-- != 0u) {
        *out_at++ = *in_at++;
    }
    return to;
}

void *memset(void *to, int value, size_t size);
void *memset(void *to, int value, size_t size)
{
    volatile uint8_t *at = to;

    while (size-- != 0u) {
        *at++ = (uint8_t)value;
    }
    return to;
}

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler vectors[16];
} vectors = {stack_top,
             {reset, dog_barks, hard_fault, hard_fault, hard_fault, hard_fault, 0, 0, 0, 0,
              hard_fault, hard_fault, 0, hard_fault, hard_fault, uart_rx}};
