from pathlib import Path

import pytest

from tests.endurance.kills import survive


@pytest.mark.timeout(180)  # four starts of a process, and a machine may have others to run
async def test_kill_9_loses_nothing_and_tells_nothing_twice(tmp_path: Path) -> None:
    after = await survive(tmp_path, events=200, kills=3, seed=1, users=20)

    assert after.kills == 3
    assert after.repeated > 0
    assert (after.lost, after.twice, after.uncounted) == (0, 0, 0)
