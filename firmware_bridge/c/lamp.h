/*
 * lamp: the Lamplighter serial protocol, version 1, for the board's side. C99, two files.
 *
 * Needs <stdint.h> and <stddef.h> and nothing else: no allocation, no globals, no library. All
 * state is in structures that you own; one board structure per serial line. Nothing here waits,
 * and no byte sequence from the line makes it write outside its buffers.
 *
 * Three layers; take what you need, the linker drops the rest (-ffunction-sections, --gc-sections):
 *
 *   lamp_frame, lamp_rx_*   frames: one out, bytes in
 *   lamp_start ..           a whole board: greeting, descriptor, time, commands, heartbeat
 *   lamp_cobs_*             plain COBS, for whatever else you send
 *
 * The protocol is described in PROTOCOL.md beside the Python package; README.md here says how to
 * put these files into a firmware.
 */
#ifndef LAMP_H
#define LAMP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest payload this board receives and sends, 36 to 240: HELLO alone is 36 bytes. Two buffers
 * of about this size are in struct lamp_board. */
#ifndef LAMP_PAYLOAD_MAX
#define LAMP_PAYLOAD_MAX 64u
#endif
#if LAMP_PAYLOAD_MAX < 36 || LAMP_PAYLOAD_MAX > 240
#error "LAMP_PAYLOAD_MAX must be from 36 to 240"
#endif

/* How the CRC is computed: 1 bit by bit, no table (AVR, where a const table sits in RAM);
 * 0 with a table of 16 entries. */
#ifndef LAMP_CRC_BITWISE
#ifdef __AVR__
#define LAMP_CRC_BITWISE 1
#else
#define LAMP_CRC_BITWISE 0
#endif
#endif

/* How one byte of the descriptor is read. With the descriptor in PROGMEM on an AVR:
 * -DLAMP_DESCRIPTOR_BYTE=pgm_read_byte -include avr/pgmspace.h */
#ifndef LAMP_DESCRIPTOR_BYTE
#define LAMP_DESCRIPTOR_BYTE(address) (*(address))
#endif

#define LAMP_VERSION 1u
#define LAMP_BODY_MAX (LAMP_PAYLOAD_MAX + 6u)  /* vt, seq, payload, CRC */
#define LAMP_FRAME_MAX (LAMP_PAYLOAD_MAX + 9u) /* and two delimiters and one byte of COBS */
#define LAMP_RESULT_MAX 16u                    /* bytes of result in an answer to a command */

enum lamp_type {
    LAMP_HELLO_REQ = 1,
    LAMP_HELLO = 2,
    LAMP_DESC_REQ = 3,
    LAMP_DESC = 4,
    LAMP_DATA = 5,
    LAMP_TIME_REQ = 6,
    LAMP_TIME = 7,
    LAMP_CMD = 8,
    LAMP_ACK = 9,
    LAMP_EVENT = 10,
    LAMP_LOG = 11,
    LAMP_HEARTBEAT = 12
};

/* What became of a piece between two delimiters: the first that applies, in this order. */
enum lamp_verdict {
    LAMP_NOTHING = 0, /* no piece ended with this byte */
    LAMP_OVERSIZE,    /* more bytes than fit; said at the first one too many, the rest is skipped */
    LAMP_COBS,        /* its blocks do not fit */
    LAMP_SHORT,       /* fewer than 6 bytes */
    LAMP_CRC,
    LAMP_OTHER_VERSION,
    LAMP_FRAME
};

enum lamp_flag { LAMP_HAS_BOOT_ID = 1, LAMP_TAKES_COMMANDS = 2, LAMP_ANSWERS_TIME = 4 };

enum lamp_reset {
    LAMP_POWER = 0,
    LAMP_COMMANDED = 1,
    LAMP_WATCHDOG = 2, /* or the reset pin */
    LAMP_FAULT = 3,
    LAMP_BROWN_OUT = 4,
    LAMP_UNKNOWN = 255
};

enum lamp_quality {
    LAMP_SENSOR_FAULT = 1, /* no reading */
    LAMP_CLAMPED = 2,
    LAMP_WARMING_UP = 4, /* no reading */
    LAMP_CALIBRATING = 8,
    LAMP_STORED = 16 /* sampled earlier and kept */
};

/* What lamp_config.command returns; 128 to 255 are yours. */
enum lamp_status {
    LAMP_DONE = 0,
    LAMP_UNKNOWN_OP = 1,
    LAMP_BAD_ARGUMENTS = 2,
    LAMP_BUSY = 3, /* not remembered: the same id may be tried again */
    LAMP_FAILED = 4,
    LAMP_NOT_ALLOWED = 5,
    LAMP_WRONG_SESSION = 6, /* the library's own */
    LAMP_WRONG_ID = 7       /* the library's own */
};

/* ------------------------------------------------------------------------------- frames */

/* CRC-32/ISO-HDLC without its first and last inversion: start with LAMP_CRC_START, go on with what
 * it gave, invert at the end. Over data and its own CRC it always gives LAMP_CRC_RESIDUE. */
#define LAMP_CRC_START 0xFFFFFFFFu
#define LAMP_CRC_RESIDUE 0xDEBB20E3u
uint32_t lamp_crc(uint32_t crc, const uint8_t *data, size_t size);

/* One frame with both its delimiters into `out`: head_size + tail_size + 9 bytes, or 0 if they do
 * not fit into `capacity` or the payload is over 240 bytes. The payload comes in two parts, either
 * of which may be empty, so that a header need not be copied in front of values. */
size_t lamp_frame(uint8_t *out, size_t capacity, uint8_t type, uint8_t seq, const uint8_t *head,
                  size_t head_size, const uint8_t *tail, size_t tail_size);

/* Bytes in, verdicts out. Hears nothing before the first 00. */
struct lamp_rx {
    uint8_t *body;
    uint8_t capacity;
    uint8_t encoded; /* bytes of this piece so far */
    uint8_t left;    /* bytes to come in this block of COBS */
    uint8_t deaf;    /* until the next 00 */
    uint8_t size;    /* of the body of the last frame, CRC included */
};

/* `body` holds one decoded frame: payload and 6 bytes, `capacity` 6 to 246. */
void lamp_rx_init(struct lamp_rx *rx, uint8_t *body, uint8_t capacity);

/* One byte. After LAMP_FRAME, and until the next byte, the frame is in rx->body: vt, seq, payload,
 * CRC; see the macros below. */
enum lamp_verdict lamp_rx_byte(struct lamp_rx *rx, uint8_t byte);

#define LAMP_RX_TYPE(rx) ((uint8_t)((rx)->body[0] & 31u))
#define LAMP_RX_SEQ(rx) ((rx)->body[1])
#define LAMP_RX_PAYLOAD(rx) ((rx)->body + 2)
#define LAMP_RX_PAYLOAD_SIZE(rx) ((uint8_t)((rx)->size - 6u))

/* Plain COBS, any length. Both give the bytes written, or LAMP_COBS_BAD if `out` is too small or,
 * when decoding, if the input is not COBS. Input and output must not overlap. */
#define LAMP_COBS_BAD ((size_t)-1)
size_t lamp_cobs_encode(uint8_t *out, size_t capacity, const uint8_t *in, size_t size);
size_t lamp_cobs_decode(uint8_t *out, size_t capacity, const uint8_t *in, size_t size);

/* -------------------------------------------------------------------------- a whole board */

/* Microseconds since start, in two halves: small processors have no use for a 64-bit division. */
struct lamp_us {
    uint32_t low;
    uint32_t high;
};

/* What does not change. Make it const; it may stay in flash where flash is readable as memory. */
struct lamp_config {
    uint8_t uid[8];              /* lowest byte first; all 0: the port stands for the board */
    uint32_t firmware;           /* major u8, minor u8, patch u16, from the top */
    uint32_t descriptor_hash;    /* these three from the generated header */
    const uint8_t *descriptor;
    uint16_t descriptor_size;
    uint8_t flags;               /* enum lamp_flag */
    uint8_t heartbeat_s;         /* 1 to 60 */

    /* Microseconds since start; never stands still, never goes back. */
    void (*clock_us)(void *port, struct lamp_us *now);
    /* When the first byte of a frame written now would leave: now, plus what waits in front of it.
     * May be the same function as clock_us if you write only to an idle UART. */
    void (*tx_us)(void *port, struct lamp_us *at);
    /* Milliseconds since start, modulo 2^32: the same clock. */
    uint32_t (*clock_ms)(void *port);
    /* Take all of the frame and give 1, or nothing of it and give 0. Must not wait. `wire` is
     * valid only during the call. */
    uint8_t (*write)(void *port, const uint8_t *wire, uint8_t size);
    /* Do it and give a status; at most 16 bytes of result. Called once for each command, however
     * often the line repeats it. Work of over 250 ms is begun here and reported with lamp_event.
     * 0 if the board takes no commands. */
    uint8_t (*command)(void *port, uint16_t op, const uint8_t *arguments, uint8_t size,
                       uint8_t *result, uint8_t *result_size);
    /* A frame of another type than the protocol's: 30 is for experiments. May be 0. */
    void (*other)(void *port, uint8_t type, const uint8_t *payload, uint8_t size);
};

struct lamp_board {
    const struct lamp_config *config;
    void *port;
    struct lamp_rx rx;
    uint32_t boot_id;
    uint32_t session;
    uint32_t tx_frames;
    uint32_t tx_dropped;
    uint32_t rx_frames;
    uint32_t rx_bad;
    uint32_t rx_overrun;
    uint32_t beat_ms;
    uint16_t last_id;
    uint8_t last_status;
    uint8_t result_size;
    uint8_t reset_reason;
    uint8_t seq;
    uint8_t result[LAMP_RESULT_MAX];
    uint8_t body[LAMP_BODY_MAX];
    uint8_t wire[LAMP_FRAME_MAX];
};

/* Begin, and say HELLO. `port` is handed to every function of `config`. boot_id: from a hardware
 * random generator, or a counter in flash, or a CRC-32 over uninitialised RAM and whatever noise
 * there is; 0 without LAMP_HAS_BOOT_ID if you have none of these. */
void lamp_start(struct lamp_board *board, const struct lamp_config *config, void *port,
                uint32_t boot_id, uint8_t reset_reason);

/* One byte from the line; answers are written from here, so call it from the main loop, not from
 * an interrupt. `at` is when the byte came and matters for 00 alone: take it in the interrupt. */
void lamp_receive(struct lamp_board *board, uint8_t byte, const struct lamp_us *at);

/* Say a heartbeat if one is due: call it at least every 100 ms. */
void lamp_tick(struct lamp_board *board);

/* A reading of one stream: values packed as the descriptor says, lowest byte first. `tick_ms` is
 * when it was sampled. 1 if it was written; 0 if not, which the heartbeat reports as dropped. */
uint8_t lamp_data(struct lamp_board *board, uint8_t stream, uint8_t quality, uint32_t tick_ms,
                  const uint8_t *values, uint8_t size);
uint8_t lamp_event(struct lamp_board *board, uint16_t code, const uint8_t *detail, uint8_t size);
/* level: 0 error, 1 warning, 2 information, 3 debugging. */
uint8_t lamp_log(struct lamp_board *board, uint8_t level, const char *text, uint8_t size);

/* Lowest byte first, whatever the processor: gives the place behind. */
uint8_t *lamp_put(uint8_t *out, uint32_t value, uint8_t size);
uint32_t lamp_get(const uint8_t *in, uint8_t size);

#ifdef __cplusplus
}
#endif

#endif
