/* The Lamplighter serial protocol, version 1, for the board's side. See lamp.h. */

#include "lamp.h"

/* ------------------------------------------------------------------------------- frames */

#if LAMP_CRC_BITWISE

uint32_t lamp_crc(uint32_t crc, const uint8_t *data, size_t size)
{
    uint8_t bit;

    while (size-- != 0u) {
        crc ^= *data++;
        for (bit = 0; bit < 8u; bit++) {
            crc = (crc & 1u) != 0u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
        }
    }
    return crc;
}

#else

uint32_t lamp_crc(uint32_t crc, const uint8_t *data, size_t size)
{
    static const uint32_t table[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};

    while (size-- != 0u) {
        crc ^= *data++;
        crc = (crc >> 4) ^ table[crc & 15u];
        crc = (crc >> 4) ^ table[crc & 15u];
    }
    return crc;
}

#endif

uint8_t *lamp_put(uint8_t *out, uint32_t value, uint8_t size)
{
    while (size-- != 0u) {
        *out++ = (uint8_t)value;
        value >>= 8;
    }
    return out;
}

uint32_t lamp_get(const uint8_t *in, uint8_t size)
{
    uint32_t value = 0;

    while (size-- != 0u) {
        value = value << 8 | in[size];
    }
    return value;
}

/* Own: a call of memcpy would need a library. */
static uint8_t *copy(uint8_t *out, const uint8_t *in, size_t size)
{
    while (size-- != 0u) {
        *out++ = *in++;
    }
    return out;
}

size_t lamp_frame(uint8_t *out, size_t capacity, uint8_t type, uint8_t seq, const uint8_t *head,
                  size_t head_size, const uint8_t *tail, size_t tail_size)
{
    uint8_t *const body = out + 2;
    uint8_t *end = body;
    uint8_t next = 1;

    if (head_size > 240u || tail_size > 240u - head_size || capacity < head_size + tail_size + 9u) {
        return 0;
    }
    *end++ = (uint8_t)(LAMP_VERSION << 5 | type);
    *end++ = seq;
    end = copy(end, head, head_size);
    end = copy(end, tail, tail_size);
    end = lamp_put(end, ~lamp_crc(LAMP_CRC_START, body, (size_t)(end - body)), 4);
    *end = 0;
    capacity = (size_t)(end - out) + 1u;

    /* COBS of a body that is shorter than a block: each 00 becomes the distance to the next. */
    while (end-- != body) {
        if (*end == 0u) {
            *end = next;
            next = 0;
        }
        next++;
    }
    out[1] = next;
    out[0] = 0;
    return capacity;
}

void lamp_rx_init(struct lamp_rx *rx, uint8_t *body, uint8_t capacity)
{
    rx->body = body;
    rx->capacity = capacity;
    rx->encoded = 0;
    rx->left = 0;
    rx->deaf = 1;
    rx->size = 0;
}

static enum lamp_verdict judge(struct lamp_rx *rx)
{
    if (rx->left != 0u) {
        return LAMP_COBS;
    }
    rx->size = (uint8_t)(rx->encoded - 1u);
    if (rx->size < 6u) {
        return LAMP_SHORT;
    }
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    if (lamp_crc(LAMP_CRC_START, rx->body, rx->size) != LAMP_CRC_RESIDUE) {
        return LAMP_CRC;
    }
#endif
    if (rx->body[0] >> 5 != LAMP_VERSION) {
        return LAMP_OTHER_VERSION;
    }
    return LAMP_FRAME;
}

enum lamp_verdict lamp_rx_byte(struct lamp_rx *rx, uint8_t byte)
{
    enum lamp_verdict verdict = LAMP_NOTHING;

    if (byte == 0u) {
        if (rx->encoded != 0u) {
            verdict = judge(rx);
        }
        rx->encoded = 0;
        rx->left = 0;
        rx->deaf = 0;
        return verdict;
    }
    if (rx->deaf != 0u) {
        return LAMP_NOTHING;
    }
    if (rx->encoded > rx->capacity) { /* one more encoded byte than decoded ones */
        rx->encoded = 0;
        rx->deaf = 1;
        return LAMP_OVERSIZE;
    }
    if (rx->encoded != 0u) { /* the first code byte stands for nothing, each other one for a 00 */
        rx->body[rx->encoded - 1u] = rx->left != 0u ? byte : 0u;
    }
    rx->left = (uint8_t)((rx->left != 0u ? rx->left : byte) - 1u);
    rx->encoded++;
    return LAMP_NOTHING;
}

size_t lamp_cobs_encode(uint8_t *out, size_t capacity, const uint8_t *in, size_t size)
{
    size_t code_ix = 0;
    size_t ix = 1;
    uint8_t code = 1;

    if (capacity == 0u) {
        return LAMP_COBS_BAD;
    }
    while (size-- != 0u) {
        const uint8_t byte = *in++;

        if (code == 0xFFu) { /* a full block: the next begins only when there is something in it */
            out[code_ix] = code;
            if (ix >= capacity) {
                return LAMP_COBS_BAD;
            }
            code_ix = ix++;
            code = 1;
        }
        if (ix >= capacity) {
            return LAMP_COBS_BAD;
        }
        if (byte == 0u) {
            out[code_ix] = code;
            code_ix = ix++;
            code = 1;
        } else {
            out[ix++] = byte;
            code++;
        }
    }
    out[code_ix] = code;
    return ix;
}

size_t lamp_cobs_decode(uint8_t *out, size_t capacity, const uint8_t *in, size_t size)
{
    size_t ix = 0;

    while (size != 0u) {
        const uint8_t code = *in++;
        uint8_t left = code;

        size--;
        if (code == 0u || (size_t)(code - 1u) > size) {
            return LAMP_COBS_BAD;
        }
        while (--left != 0u) {
            if (*in == 0u || ix >= capacity) {
                return LAMP_COBS_BAD;
            }
            out[ix++] = *in++;
            size--;
        }
        if (code != 0xFFu && size != 0u) {
            if (ix >= capacity) {
                return LAMP_COBS_BAD;
            }
            out[ix++] = 0;
        }
    }
    return ix;
}

/* -------------------------------------------------------------------------- a whole board */

static uint8_t send(struct lamp_board *board, uint8_t type, const uint8_t *head, uint8_t head_size,
                    const uint8_t *tail, uint8_t tail_size)
{
    const size_t size = lamp_frame(board->wire, sizeof board->wire, type, board->seq, head,
                                   head_size, tail, tail_size);

    board->seq++; /* a dropped frame uses its number, so that the other side can count it */
    board->tx_frames++;
    if (size == 0u || board->config->write(board->port, board->wire, (uint8_t)size) == 0u) {
        board->tx_dropped++;
        return 0;
    }
    return 1;
}

static uint8_t *put_us(uint8_t *out, const struct lamp_us *us)
{
    return lamp_put(lamp_put(out, us->low, 4), us->high, 4);
}

static void say_hello(struct lamp_board *board)
{
    const struct lamp_config *const config = board->config;
    uint8_t hello[36];
    uint8_t *at = hello;

    *at++ = LAMP_VERSION; /* revision_min and revision_max of this library */
    *at++ = LAMP_VERSION;
    *at++ = config->flags;
    *at++ = board->reset_reason;
    at = copy(at, config->uid, 8);
    at = lamp_put(at, board->boot_id, 4);
    at = lamp_put(at, board->session, 4);
    at = lamp_put(at, config->descriptor_hash, 4);
    at = lamp_put(at, config->descriptor_size, 2);
    *at++ = (uint8_t)LAMP_PAYLOAD_MAX;
    *at++ = config->heartbeat_s;
    at = lamp_put(at, config->firmware, 4);
    (void)lamp_put(at, config->clock_ms(board->port), 4);
    (void)send(board, LAMP_HELLO, hello, sizeof hello, hello, 0);
}

static void take_session(struct lamp_board *board, const uint8_t *payload, uint8_t size)
{
    uint32_t session = 0;

    if (size != 0u) {
        if (size < 5u) {
            return;
        }
        session = lamp_get(payload, 4);
    }
    if (session != 0u && session != board->session) {
        board->session = session;
        board->last_id = 0;
    }
    say_hello(board);
}

static void say_descriptor(struct lamp_board *board, const uint8_t *payload)
{
    const struct lamp_config *const config = board->config;
    uint8_t piece[LAMP_PAYLOAD_MAX];
    uint8_t *at = copy(piece, payload, 2);
    uint16_t offset = (uint16_t)lamp_get(payload, 2);

    while (at != piece + sizeof piece && offset < config->descriptor_size) {
        *at++ = LAMP_DESCRIPTOR_BYTE(config->descriptor + offset);
        offset++;
    }
    (void)send(board, LAMP_DESC, piece, (uint8_t)(at - piece), piece, 0);
}

static void say_time(struct lamp_board *board, const uint8_t *payload, const struct lamp_us *at)
{
    uint8_t time[24];
    struct lamp_us tx;

    (void)put_us(copy(time, payload, 8), at);
    board->config->tx_us(board->port, &tx);
    (void)put_us(time + 16, &tx);
    (void)send(board, LAMP_TIME, time, sizeof time, time, 0);
}

static void take_command(struct lamp_board *board, const uint8_t *payload, uint8_t size)
{
    const uint32_t session = lamp_get(payload, 4);
    const uint16_t id = (uint16_t)lamp_get(payload + 4, 2);
    const uint16_t follows = (uint16_t)(board->last_id == 0xFFFFu ? 1u : board->last_id + 1u);
    uint8_t head[7];
    uint8_t result_size = 0;
    uint8_t status;

    if (session == 0u || session != board->session) {
        status = LAMP_WRONG_SESSION;
    } else if (id == follows) {
        status = board->config->command == 0
                     ? (uint8_t)LAMP_NOT_ALLOWED
                     : board->config->command(board->port, (uint16_t)lamp_get(payload + 6, 2),
                                              payload + 8, (uint8_t)(size - 8u), board->result,
                                              &result_size);
        board->result_size = result_size;
        if (status != LAMP_BUSY) {
            board->last_id = id;
            board->last_status = status;
        }
    } else if (id == board->last_id && id != 0u) {
        status = board->last_status;
        result_size = board->result_size;
    } else {
        status = LAMP_WRONG_ID;
    }
    *copy(head, payload, 6) = status;
    (void)send(board, LAMP_ACK, head, sizeof head, board->result, result_size);
}

void lamp_start(struct lamp_board *board, const struct lamp_config *config, void *port,
                uint32_t boot_id, uint8_t reset_reason)
{
    uint8_t *at = (uint8_t *)board;
    uint8_t *const end = at + sizeof *board;

    while (at != end) {
        *at++ = 0;
    }
    board->config = config;
    board->port = port;
    board->boot_id = boot_id;
    board->reset_reason = reset_reason;
    board->beat_ms = config->clock_ms(port);
    lamp_rx_init(&board->rx, board->body, (uint8_t)sizeof board->body);
    say_hello(board);
}

void lamp_receive(struct lamp_board *board, uint8_t byte, const struct lamp_us *at)
{
    const enum lamp_verdict verdict = lamp_rx_byte(&board->rx, byte);
    const uint8_t *const payload = LAMP_RX_PAYLOAD(&board->rx);
    uint8_t size;

    if (verdict == LAMP_NOTHING) {
        return;
    }
    if (verdict != LAMP_FRAME) {
        board->rx_bad++;
        return;
    }
    board->rx_frames++;
    size = LAMP_RX_PAYLOAD_SIZE(&board->rx);
    switch (LAMP_RX_TYPE(&board->rx)) {
    case LAMP_HELLO_REQ:
        take_session(board, payload, size);
        break;
    case LAMP_DESC_REQ:
        if (size >= 2u) {
            say_descriptor(board, payload);
        }
        break;
    case LAMP_TIME_REQ:
        if (size >= 8u) {
            say_time(board, payload, at);
        }
        break;
    case LAMP_CMD:
        if (size >= 8u) {
            take_command(board, payload, size);
        }
        break;
    default:
        if (board->config->other != 0) {
            board->config->other(board->port, LAMP_RX_TYPE(&board->rx), payload, size);
        }
        break;
    }
}

void lamp_tick(struct lamp_board *board)
{
    const uint32_t now_ms = board->config->clock_ms(board->port);
    uint8_t beat[36];
    uint8_t *at = beat;
    struct lamp_us now;

    if (now_ms - board->beat_ms < (uint32_t)board->config->heartbeat_s * 1000u) {
        return;
    }
    board->beat_ms = now_ms;
    at = lamp_put(at, board->boot_id, 4);
    at = lamp_put(at, board->session, 4);
    board->config->clock_us(board->port, &now);
    at = put_us(at, &now);
    at = lamp_put(at, board->tx_frames + 1u, 4);
    at = lamp_put(at, board->tx_dropped, 4);
    at = lamp_put(at, board->rx_frames, 4);
    at = lamp_put(at, board->rx_bad, 4);
    (void)lamp_put(at, board->rx_overrun, 4);
    (void)send(board, LAMP_HEARTBEAT, beat, sizeof beat, beat, 0);
}

uint8_t lamp_data(struct lamp_board *board, uint8_t stream, uint8_t quality, uint32_t tick_ms,
                  const uint8_t *values, uint8_t size)
{
    uint8_t head[6];

    head[0] = stream;
    head[1] = quality;
    (void)lamp_put(head + 2, tick_ms, 4);
    return send(board, LAMP_DATA, head, sizeof head, values, size);
}

uint8_t lamp_event(struct lamp_board *board, uint16_t code, const uint8_t *detail, uint8_t size)
{
    uint8_t head[6];

    (void)lamp_put(lamp_put(head, board->config->clock_ms(board->port), 4), code, 2);
    return send(board, LAMP_EVENT, head, sizeof head, detail, size);
}

uint8_t lamp_log(struct lamp_board *board, uint8_t level, const char *text, uint8_t size)
{
    return send(board, LAMP_LOG, &level, 1, (const uint8_t *)text, size);
}
