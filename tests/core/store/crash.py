"""Kills a process at every place of a piece of work that changes something: a file, or a database."""

import subprocess
import sys
from pathlib import Path

_HARNESS = """
import os, re, shutil, signal, sqlite3, sys

{work}

def die_at(place):
    left = place
    def step():
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def read(statement):
        is_kept = re.match(r"PRAGMA (journal_mode|application_id|user_version|wal_checkpoint)\\W", statement)
        is_change = is_kept or not re.match(r"[ -]*(SELECT|PRAGMA)", statement)
        is_change and step()
    def connect(database, **options):
        connection = really_connect(database, **options)
        if database != ":memory:":
            connection.set_trace_callback(read)
        return connection
    def look(event, arguments):
        is_change = event in ("os.rename", "os.remove") or event == "open" and arguments[2] & os.O_CREAT
        is_change and step()
    really_connect, sqlite3.connect = sqlite3.connect, connect
    sys.addaudithook(look)

start, scenes = sys.argv[1:]
place = 0
while True:
    directory = shutil.copytree(start, os.path.join(scenes, f"{{place:04}}"))
    child = os.fork()
    if child == 0:
        die_at(place)
        work(directory)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))
    place += 1
"""


def kill_everywhere(work: str, start: Path, scenes: Path) -> list[Path]:
    """Kill `work(directory)` at its first place, in another process at its second, and so on to its end.

    Every one of them begins with a copy of `start`. Returns the directories they leave; the last is that of
    the one which lived.
    """
    scenes.mkdir()
    subprocess.run(
        [sys.executable, "-c", _HARNESS.format(work=work), str(start), str(scenes)], check=True, timeout=50
    )
    return sorted(scenes.iterdir())
