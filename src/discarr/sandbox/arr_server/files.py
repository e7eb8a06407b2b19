"""The video files of scripted downloads."""

from collections.abc import Mapping

from discarr.sandbox.arr_server.library import EpisodesOf, media_ids
from discarr.sandbox.arr_server.scenario import ScriptedDownload, ScriptedFile


def files_of(script: ScriptedDownload) -> tuple[ScriptedFile, ...]:
    """Return the files of a download: as scripted, else one per movie or episode."""
    if script.files is not None:
        return script.files
    media = script.media
    if not isinstance(media, EpisodesOf):
        return (ScriptedFile(name=f"{script.release}.mkv", size_bytes=script.size_bytes, media=media),)
    return tuple(
        ScriptedFile(
            name=f"{script.release}.S{media.season:02d}E{number:02d}.mkv",
            size_bytes=script.size_bytes // len(media.numbers),
            media=EpisodesOf(series=media.series, season=media.season, numbers=(number,)),
        )
        for number in media.numbers
    )


def file_with(script: ScriptedDownload, ids: Mapping[str, int]) -> ScriptedFile:
    """Return the file that holds a movie or an episode of a download; the whole of it if none is named."""
    for file in files_of(script):
        if ids in media_ids(file.media):
            return file
    return ScriptedFile(name=f"{script.release}.mkv", size_bytes=script.size_bytes, media=script.media)


def path_of(script: ScriptedDownload, file: ScriptedFile) -> str:
    """Return where a file lies before its import."""
    return f"{script.output_path}/{file.name}"
