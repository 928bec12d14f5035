"""What finds no room is dropped by name: bounded in messages and in bytes."""

import asyncio

import aiomqtt
import pytest

from edge.incoming_queue import queue_type


def message(topic: str, payload: bytes) -> aiomqtt.Message:
    return aiomqtt.Message(topic, payload, qos=0, retain=False, mid=0, properties=None)


async def test_messages_pass_in_order() -> None:
    dropped: list[str] = []
    queue = queue_type(dropped.append)(maxsize=2)
    queue.put_nowait(message("a", b"1"))
    await queue.put(message("b", b""))
    assert [str((await queue.get()).topic) for _ in range(2)] == ["a", "b"]
    assert dropped == []


async def test_one_too_many_is_dropped_by_name() -> None:
    dropped: list[str] = []
    queue = queue_type(dropped.append)(maxsize=1)
    queue.put_nowait(message("a", b""))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message("b", b""))
    assert dropped == ["b"]


async def test_bytes_are_bounded_and_given_back() -> None:
    dropped: list[str] = []
    queue = queue_type(dropped.append, bytes_max=10)(maxsize=100)
    queue.put_nowait(message("a", b"x" * 8))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message("b", b"x" * 3))
    queue.put_nowait(message("c", b"xx"))
    await queue.get()
    queue.put_nowait(message("d", b"x" * 8))
    assert dropped == ["b"]
