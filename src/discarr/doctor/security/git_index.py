"""Whether git tracks a file, by its index: git itself would run programs that a repository names."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

_LARGEST_INDEX_BYTES = 50_000_000
_HEADER = struct.Struct(">4sII")
_FLAGS_AT = 60
"""Behind the times, ids, mode and size of an entry (40 bytes) and its SHA-1 (20)."""
_EXTENDED = 0x4000


def is_tracked(path: Path) -> bool:
    """Return whether a repository around the file has it in its index.

    Also False where the index cannot be read or understood, such as one with SHA-256.
    """
    resolved = path.resolve()
    for directory in resolved.parents:
        git = directory / ".git"
        try:
            if git.exists():
                return os.fsencode(resolved.relative_to(directory)) in _names(_read(git))
        except (OSError, struct.error, ValueError, IndexError):
            return False
    return False


def _read(git: Path) -> bytes:
    """Return the index of a repository, or of the worktree or submodule that a file `.git` belongs to."""
    directory = git
    if git.is_file():
        place = git.read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()
        directory = git.parent / place
    index = directory / "index"
    if not index.exists() or index.stat().st_size > _LARGEST_INDEX_BYTES:
        return b""
    return index.read_bytes()


def _names(index: bytes) -> Iterator[bytes]:
    """Yield the paths of all entries (gitformat-index, versions 2 to 4)."""
    signature, version, count = _HEADER.unpack_from(index)
    if signature != b"DIRC" or version not in (2, 3, 4):
        return
    position, name = _HEADER.size, b""
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", index, position + _FLAGS_AT)
        start = position + _FLAGS_AT + (4 if flags & _EXTENDED else 2)
        kept = 0
        if version == 4:
            dropped, start = _number(index, start)
            kept = len(name) - dropped
        end = index.index(b"\0", start)
        name = name[:kept] + index[start:end]
        # Up to version 3 entries are filled up with one to eight zeros, to a multiple of eight bytes.
        position = end + 1 if version == 4 else position + (end - position) // 8 * 8 + 8
        yield name


def _number(index: bytes, position: int) -> tuple[int, int]:
    """Read a number of variable length (gitformat-pack, offset encoding); return it and the place behind."""
    number = index[position] & 0x7F
    while index[position] & 0x80:
        position += 1
        number = (number + 1) << 7 | index[position] & 0x7F
    return number, position + 1
