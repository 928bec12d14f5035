"""Messages of the local broker that wait to be read: bounded in number and bytes, drops named.

The client library forgets what finds no room with a line in its own log; here it is counted, so
that the doctor can say whose messages were lost.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import aiomqtt

INCOMING_MESSAGES_MAX: Final = 10_000
INCOMING_BYTES_MAX: Final = 8 << 20

Dropped = Callable[[str], None]
"""Called with the topic."""


def _size(message: aiomqtt.Message) -> int:
    return len(message.payload)


def queue_type(
    dropped: Dropped, *, bytes_max: int = INCOMING_BYTES_MAX
) -> type[asyncio.Queue[aiomqtt.Message]]:
    """The class that ``aiomqtt.Client`` makes its queue of."""

    class IncomingQueue(asyncio.Queue[aiomqtt.Message]):
        held_bytes = 0

        def put_nowait(self, item: aiomqtt.Message) -> None:
            if self.full() or self.held_bytes + _size(item) > bytes_max:
                dropped(str(item.topic))
                raise asyncio.QueueFull
            super().put_nowait(item)

        def _put(self, item: aiomqtt.Message) -> None:
            self.held_bytes += _size(item)
            super()._put(item)

        def _get(self) -> aiomqtt.Message:
            item = super()._get()
            self.held_bytes -= _size(item)
            return item

    return IncomingQueue
