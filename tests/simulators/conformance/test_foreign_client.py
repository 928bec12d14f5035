"""A foreign client says what it is told, and goodbye."""

from pathlib import Path

from simulators.conformance.stage import open_stage


async def test_it_says_what_it_is_told(tmp_path: Path) -> None:
    async with open_stage(tmp_path, brokers=1) as stage:
        async with stage.client("mouth", hears=("t",)) as mouth:
            await mouth.say("t", b"1", qos=1, retain=True)
            await mouth.say_all([("t", b"2")])
            session = stage.sessions("mouth")[0]
            await stage.log.until("both", lambda: len(stage.sessions("mouth")[0].heard) == 2)
        await stage.log.until("its end", lambda: session.number in stage.log.ended)
        (session,) = stage.sessions("mouth")
        assert [(one.packet.qos, one.packet.retain) for one in session.sent] == [
            (1, True),
            (0, False),
        ]
        assert session.disconnect is not None
