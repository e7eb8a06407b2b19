"""The simulated instance by hand."""

import asyncio
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from discarr.sandbox.arr_server.__main__ import main


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--kind", "radarr", "--speed", "10"], b"Metropolis"),
        (["--kind", "sonarr"], b"Devs"),
        (["--rows", "20", "--url-base", "/base"], b"DISCARR"),
    ],
)
async def test_it_prints_its_address_and_serves_until_interrupted(options: list[str], title: bytes) -> None:
    command = [sys.executable, "-m", "discarr.sandbox.arr_server", "--api-key", "secret", *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20), aiohttp.ClientSession() as session:
            url = (await process.stdout.readline()).decode().strip()
            headers = {"X-Api-Key": "secret"}
            async with session.get(f"{url}/api/v3/queue?pageSize=50", headers=headers) as answer:
                assert title in await answer.read()
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_a_folder_without_recordings_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--replay", str(tmp_path)]) == 2
    assert "lacks movie-queue.json and series-queue.json" in capsys.readouterr().err
