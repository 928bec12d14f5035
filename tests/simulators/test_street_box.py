"""The example board in Python: what it says can be checked by anybody."""

from firmware_bridge import messages
from firmware_bridge.descriptor import Descriptor, parse
from firmware_bridge.frame import Frame, FrameReader, encode
from firmware_bridge.messages import Data, Hello, MessageType
from simulators.street_box import (
    OUT_BYTES_MAX,
    Misbehaviour,
    StreetBox,
    Wish,
    descriptor,
    experiment,
    values,
)


def said(box: StreetBox) -> list[messages.FromBoard]:
    """Its frames."""
    made = [verdict for verdict in FrameReader().receive(box.take()) if isinstance(verdict, Frame)]
    read = [messages.parse(frame.type, frame.payload) for frame in made]
    return [message for message in read if message is not None]


def box() -> StreetBox:
    """A new one."""
    return StreetBox(0, uid=42, boot_id=7, reset_reason=3)


def test_it_greets_with_the_descriptor_of_its_file() -> None:
    (hello,) = said(box())
    assert isinstance(hello, Hello)
    assert (hello.uid, hello.boot_id, hello.reset_reason) == (42, 7, 3)
    assert hello.desc_length == len(descriptor())
    read = parse(descriptor())
    assert isinstance(read, Descriptor)
    assert read.board == "street-box"


def test_it_samples_on_time_and_what_the_formula_says() -> None:
    one = box()
    said(one)
    assert one.due_ms == (1_000, 10_000)
    for second in range(1, 4):
        one.poll(second * 1_000_000)
        (data,) = said(one)
        assert isinstance(data, Data)
        read = parse(descriptor())
        assert isinstance(read, Descriptor)
        assert read.streams[1].form.unpack(data.values) == tuple(values(second - 1))


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    one = box()
    for _ in range(40):
        one.receive(encode(MessageType.HELLO_REQ, 0, b""), 0)
    assert len(one._out) <= OUT_BYTES_MAX
    assert one._tx_dropped == 41 - one._out.count(b"\0\0") - 1


def test_an_experiment_is_a_wish() -> None:
    one = box()
    one.receive(b"\0" + experiment(Misbehaviour.HANG, 500), 0)
    assert one.wish() == Wish(Misbehaviour.HANG, 500)
    assert one.wish() == Wish(Misbehaviour.NOTHING, 0)
