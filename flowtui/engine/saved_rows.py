"""The rows of a result in a file of one's own: whole, private, and never over another by itself."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from flowtui.engine.export import records, to_json, to_markdown
from flowtui.engine.spreadsheets import formula_notice, to_csv
from flowtui.model.errors import BackendError, UsageError
from flowtui.model.foreign import encodable
from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet

PRIVATE = 0o600
Writer = Callable[[ResultSet, Path], None]


class FileExists(UsageError):
    """There is one of that name; the user may want to overwrite it."""


@frozen
class FileFormat:
    name: str
    write: Writer


def save_rows(
    results: ResultSet, path: Path, *, overwrites: bool = False, raw: bool = False
) -> str:
    """Write all rows, in the format that the name's ending says; what was done, as a sentence.

    Other programs see the whole file or none. `raw` is that cells of CSV stay as they are. Raises
    `FileExists`, or `UsageError` for a name that can't be written.
    """
    form = format_of(path)
    target = target_of(path, overwrites=overwrites)
    part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        write = _write_raw_csv if raw and form.name == "CSV" else form.write
        write(results, part)
        part.chmod(PRIVATE)
        _put_in_place(part, target, overwrites=overwrites)
    except FileExistsError as error:
        raise _exists(target) from error
    except (OSError, ValueError, BackendError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise UsageError(f"can't write {path}: {reason}; name another file") from error
    finally:
        with suppress(OSError, ValueError):
            part.unlink()
    count = len(results.rows)
    said = f"saved {count:,} row{'' if count == 1 else 's'} to {target} ({form.name})"
    notice = (
        "" if raw or form.name != "CSV" else formula_notice(results, "JSON has them as they are")
    )
    return f"{said}; {notice}" if notice else said


def format_of(path: Path) -> FileFormat:
    """Raises `UsageError` for a name whose ending says none."""
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path.name!r} does not say a format; end it with {', '.join(FORMATS)}")
    return form


def path_of(text: str, folder: Path) -> Path:
    """The path that somebody has typed, where a relative one begins in `folder`."""
    try:
        return folder / Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"there is no home folder of {text!r}; write the whole path") from error


def check_name(path: Path, *, overwrites: bool) -> None:
    """Raises what `save_rows` would, as far as it is known without the rows."""
    format_of(path)
    target_of(path, overwrites=overwrites)


def target_of(path: Path, *, overwrites: bool) -> Path:
    """The file itself, behind links; raises `FileExists` or `UsageError`."""
    try:
        target = path.absolute()
        target = target.resolve() if target.exists() else target
        if not target.parent.is_dir():
            raise UsageError(f"there is no folder {target.parent}; make it, or name another one")
        if target.exists() and not target.is_file():
            raise UsageError(f"{path} is no file that rows can be written to; name another one")
        if target.exists() and not overwrites:
            raise _exists(target)
    except (OSError, ValueError) as error:
        raise UsageError(f"can't write {path}: {error}; name another file") from error
    return target


def _exists(target: Path) -> FileExists:
    return FileExists(f"{target} is there already; name another file, or overwrite it")


def _put_in_place(part: Path, target: Path, *, overwrites: bool) -> None:
    """Raises `FileExistsError` where somebody has made such a file meanwhile."""
    if overwrites:
        part.replace(target)
        return
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links: the name is taken first, and then what stands there.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        part.replace(target)


def _text(write: Callable[[ResultSet], str]) -> Writer:
    def written(results: ResultSet, path: Path) -> None:
        path.write_text(encodable(write(results)), "utf-8", newline="")

    return written


def _to_ndjson(results: ResultSet) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records(results))


def _write_parquet(results: ResultSet, path: Path) -> None:
    # The engine that writes it is not needed for anything else here.
    from flowtui.backends.duckdb.parquet_file import write_parquet

    write_parquet(results, path)


_write_raw_csv = _text(lambda results: to_csv(results, raw=True))

FORMATS: Mapping[str, FileFormat] = {
    ".csv": FileFormat("CSV", _text(to_csv)),
    ".json": FileFormat("JSON", _text(lambda results: f"{to_json(results)}\n")),
    ".ndjson": FileFormat("NDJSON", _text(_to_ndjson)),
    ".md": FileFormat("Markdown", _text(to_markdown)),
    ".parquet": FileFormat("Parquet", _write_parquet),
}
"""By the ending of the file's name."""
