from discarr.discord_bot.circuit import Circuit
from discarr.monitoring.alerts.dispatcher import NotNow
from tests.fakes.clock import FakeClock


def wait_of(circuit: Circuit) -> float:
    """How long the circuit stays open; 0 when it lets everything pass."""
    try:
        with circuit.passing():
            pass
    except NotNow as open_:
        return open_.retry_after_s
    return 0.0


async def test_fifty_refused_requests_in_ten_minutes_are_enough() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    for _ in range(49):
        circuit.note_invalid(is_block=False)
        await clock.advance(10)
    assert wait_of(circuit) == 0

    circuit.note_invalid(is_block=False)

    assert wait_of(circuit) == 900


async def test_what_is_on_its_way_counts_as_if_it_were_refused() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    for _ in range(48):
        circuit.note_invalid(is_block=False)

    with circuit.passing(), circuit.passing():
        assert wait_of(circuit) == 1
    assert wait_of(circuit) == 0


async def test_refused_requests_far_apart_are_borne() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    for _ in range(200):
        circuit.note_invalid(is_block=False)
        await clock.advance(13)

    assert wait_of(circuit) == 0


async def test_a_block_is_heeded_at_once_and_longer_each_time() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    waits = []
    for _ in range(5):
        circuit.note_invalid(is_block=True)
        waits.append(wait_of(circuit))
        await clock.advance(waits[-1])
        assert wait_of(circuit) == 0

    assert waits == [900, 1800, 3600, 7200, 7200]


async def test_what_was_on_its_way_when_it_opened_counts_once() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    circuit.note_invalid(is_block=True)
    circuit.note_invalid(is_block=True)

    assert wait_of(circuit) == 900


async def test_what_works_again_is_trusted_again() -> None:
    clock = FakeClock()
    circuit = Circuit(clock)
    circuit.note_invalid(is_block=True)
    await clock.advance(900)
    circuit.note_success()

    circuit.note_invalid(is_block=True)

    assert wait_of(circuit) == 900
