"""A disk that is full or read-only, for real: reads go on, and so do writes as soon as they can."""

from pathlib import Path

import pytest

from tests.core.store.small_disk import SCENES, run_on_small_disk


@pytest.mark.parametrize("scene", SCENES)
def test_with_little_room(scene: str, tmp_path: Path) -> None:
    run_on_small_disk(scene, tmp_path)
