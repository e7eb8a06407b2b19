import gc

import msgspec
import pytest

from discarr.core.models import EpisodeNumber, StatusMessage
from tests.factories import make_download


def test_what_exists_once_per_row_costs_the_garbage_collector_nothing() -> None:
    download = make_download(
        messages=(StatusMessage(title="file", messages=("Sample",)),), episodes=(EpisodeNumber(1, 1),)
    )

    parts = (download, download.key, *download.messages, *download.episodes)
    assert [part for part in parts if gc.is_tracked(part)] == []


def test_downloads_are_values() -> None:
    download = make_download()
    twin = msgspec.structs.replace(download)

    assert (twin, hash(twin), repr(twin)) == (download, hash(download), repr(download))
    with pytest.raises(AttributeError):
        download.title = "x"  # type: ignore[misc]  # frozen, which is what is tested
    assert not hasattr(download, "__dict__")
