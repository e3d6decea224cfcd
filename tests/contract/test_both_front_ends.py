"""The same question has the same answer with and without a screen, and is refused in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.cli import environment
from flowtui.cli.options import Selection
from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.memory import Memory
from flowtui.model.source import CloudWatchSource, DataSource, DemoSource, FileSource
from flowtui.query.check import check, render
from flowtui.serve.server import Endpoint
from tests.contract.front_ends import Asking, Found, by_command, by_session, settle

NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
START = 1648826280
DAY = Selection(start="2022-04-01", end="2022-04-02")
THREE = "${version} ${account-id} ${interface-id}"
BY_SOURCE = "stats sum(bytes) as b, count(*) as n by srcaddr | sort b desc"

PAIR = (
    f"account-id srcaddr bytes start\n1 10.0.0.1 100 {START}\n1 10.0.0.1 23 {START + 1}\n"
    f"1 10.0.0.9 7 {START + 2}\nthis line does not fit\n"
)
OTHER = f"srcaddr action start\n10.0.0.1 ACCEPT {START}\n"


def default(number: int, *, status: str = "OK") -> str:
    flow = f"10.0.{number // 250 % 250}.{number % 250} 10.1.0.1 {number % 60000} 443 6 1 {number}"
    return f"2 123456789012 eni-1 {flow} {START + number % 60} {START + 60} ACCEPT {status}"


@dataclass(frozen=True)
class Places:
    """Where questions are asked; the files are log groups of the served ones, too."""

    folder: Path
    url: str

    def file(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def served(self) -> CloudWatchSource:
        return CloudWatchSource(endpoint_url=self.url)

    def local(self, *names: str, format: str | None = None) -> FileSource:  # noqa: A002  (the option's name)
        return FileSource(tuple(self.folder / name for name in names), format)

    def group(self, *names: str, time: Selection = DAY) -> Selection:
        return replace(time, log_groups=tuple(map(self.file, names)))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "pair.log").write_text(PAIR)
    (folder / "other.log").write_text(OTHER)
    (folder / "bare.log").write_text(PAIR.partition("\n")[2])
    plain = [default(number) for number in range(12_000)]
    (folder / "plain.log").write_text("\n".join(plain) + "\n")
    (folder / "mixed").mkdir()
    (folder / "mixed" / "a.log").write_text("\n".join(plain[:40]) + "\n")
    (folder / "mixed" / "b.log").write_text(OTHER)
    files = [folder / name for name in ("pair.log", "other.log", "plain.log", "mixed")]
    backend = DuckDBBackend(files, now=lambda: NOW)
    with Endpoint(backend, backend, now=lambda: NOW) as endpoint:
        yield Places(folder, endpoint.url)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the settings; the clock stands still, and nothing has a price."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("flowtui.cli.headless.now", lambda: NOW)
    monkeypatch.setattr("flowtui.cli.services.now", lambda: NOW)
    settle(tmp_path / "config", "price_per_gb = 0\n")
    return tmp_path / "config"


class Both:
    """Asks both front ends, and has what both have found."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self._folder = capsys, folder
        self.shown = ""
        """What the command line has shown of the last query: its findings."""

    def __call__(self, body: str, source: DataSource, asked: Selection) -> Found:
        asking = Asking(body, source, asked)
        found, self.shown = by_command(asking, self._capsys)
        assert found == by_session(asking, NOW, self._folder)
        return found


@pytest.fixture
def both(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Both:
    return Both(capsys, tmp_path)


def prelude(found: Found) -> str:
    """The `parse` command of the query that was started."""
    ((text, *_),) = found.started
    return text.split("\n| ")[0] if text.startswith("parse") else ""


# Files and the sample


def test_files_are_read_by_their_header(both: Both, places: Places) -> None:
    found = both(BY_SOURCE, places.local("pair.log"), Selection())
    assert found.rows[0] == {"srcaddr": "10.0.0.1", "b": "123", "n": "2"}
    assert prelude(found) == 'parse @message "* * * *" as account_id, srcaddr, bytes, start'
    assert found.said.startswith("1 of 4 lines of")


def test_a_format_is_for_files_without_a_header(both: Both, places: Places) -> None:
    given = "${account-id} ${srcaddr} ${bytes} ${start}"
    found = both(BY_SOURCE, places.local("bare.log", format=given), Selection())
    assert found.rows[0]["b"] == "123"
    headed = both(BY_SOURCE, places.local("pair.log", format=THREE), Selection())
    assert headed.rows == found.rows


def test_files_of_different_formats(both: Both, places: Places) -> None:
    found = both(BY_SOURCE, places.local("pair.log", "other.log"), Selection())
    assert prelude(found) == ""
    assert "different formats; no parse command is written" in found.said
    assert {"srcaddr": "10.0.0.1", "b": "123", "n": "3"} in found.rows
    found = both(BY_SOURCE, places.local("mixed"), Selection())
    assert found.said.startswith(f"the files of {places.file('mixed')} have 2 formats")


def test_the_sample(both: Both) -> None:
    asked = Selection(log_groups=("/vpc/article",))
    found = both(BY_SOURCE, DemoSource(), asked)
    assert prelude(found).count("*") == 27
    assert len(found.rows) > 5
    ((_, _, window),) = found.started
    assert window.length < timedelta(days=1)


def test_what_the_local_engine_does_not_compute_is_told_with_its_place(
    both: Both, places: Places
) -> None:
    found = both("fields srcaddr\n| anomaly", places.local("pair.log"), Selection())
    assert found.place == (
        "error: the local engine does not compute anomaly; run it on CloudWatch\n"
        "2 | | anomaly\n"
        "      ^^^^^^^"
    )


# Over files and over the wire


@pytest.fixture(params=["files", "served"])
def asked(request: pytest.FixtureRequest, places: Places) -> tuple[DataSource, Selection]:
    if request.param == "files":
        return places.local("plain.log"), DAY
    return places.served, places.group("plain.log")


def test_rows_and_window(both: Both, asked: tuple[DataSource, Selection]) -> None:
    found = both("fields @timestamp, srcaddr, bytes | sort srcaddr, bytes | limit 5", *asked)
    ((_, _, window),) = found.started
    assert window.start.isoformat() == "2022-04-01T00:00:00+00:00"
    assert len(found.rows) == 5
    assert not found.said


def test_an_empty_window(both: Both, asked: tuple[DataSource, Selection]) -> None:
    source, given = asked
    found = both("fields srcaddr", source, replace(given, start="2021-01-01", end="2021-01-02"))
    assert not found.rows
    # Only of files is it known when the records are.
    assert found.said.startswith("no record lies in the time") is source.is_at_hand


def test_a_doubtful_query_runs_when_it_is_meant_so(
    both: Both, asked: tuple[DataSource, Selection]
) -> None:
    found = both("fields srcadr | limit 1", *asked)
    assert (found.error, len(found.started)) == ("", 1)
    assert both.shown == (
        "warning: unknown field srcadr; did you mean srcAddr?\n"
        "1 | fields srcadr | limit 1\n"
        "           ^^^^^^"
    )


WRONG = {
    "wildcard-count": 'parse @message "* * *" as a, b | stats count(*) by a',
    "after-dedup": "fields srcaddr | dedup srcaddr | sort srcaddr",
    "stats-count": " | ".join(["stats count(*) as n by srcaddr"] + ["stats sum(n) as n"] * 10),
    "limit": "fields srcaddr | limit 200000",
    "before-stats": "stats count(*) as n by srcaddr | sort n | stats sum(n)",
    "after-stats": "stats count(*) as n by srcaddr | fields bytes",
    "syntax": "stats sum(bytes\n| filter =",
    "unknown-function": "stats cout(*)",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_check_calls_an_error_is_refused(
    body: str, both: Both, asked: tuple[DataSource, Selection]
) -> None:
    found = both(body, *asked)
    assert (found.started, found.rows, found.said) == ((), (), "")
    assert found.place.startswith(f"error: {found.error}\n")
    assert both.shown == "\n\n".join(render(body, each) for each in check(body))


def test_refusing_asks_nothing_of_the_service(both: Both) -> None:
    """Nobody listens there."""
    nowhere = CloudWatchSource(endpoint_url="http://127.0.0.1:9")
    found = both("stats cout(*)", nowhere, Selection(("/vpc/edge",), since="1h"))
    assert found.error == "unknown function cout; did you mean count?"


def test_a_parse_of_ones_own_stays(both: Both, asked: tuple[DataSource, Selection]) -> None:
    body = 'parse @message "* * *" as one, two, rest | stats count(*) as n by two | sort two'
    found = both(body, *asked)
    assert found.started[0][0] == body
    assert int(found.rows[0]["n"]) > 1


def test_an_unknown_group(both: Both, asked: tuple[DataSource, Selection]) -> None:
    source, given = asked
    for body in ("fields srcaddr", "stats count(*)"):
        found = both(body, source, replace(given, log_groups=("/no/where",)))
        assert not found.rows
        assert "/no/where" in found.error


@pytest.mark.parametrize("is_served", [False, True], ids=["files", "served"])
def test_source_says_itself_what_is_read(both: Both, places: Places, is_served: bool) -> None:
    source = places.served if is_served else places.local("pair.log", "other.log")
    body = f"SOURCE '{places.file('other.log')}' | stats count(*) as n"
    found = both(body, source, DAY)
    assert [(text, groups) for text, groups, *_ in found.started] == [(body, ())]
    assert found.rows == ({"n": "1"},)


@pytest.mark.parametrize("is_served", [False, True], ids=["files", "served"])
def test_rows_that_are_not_all(both: Both, places: Places, is_served: bool) -> None:
    source = places.served if is_served else places.local("plain.log")
    found = both("fields srcaddr", source, places.group("plain.log"))
    assert len(found.rows) == 10_000
    assert found.said.startswith("these are the first 10,000 rows, the most without a limit")
    found = both("fields srcaddr | limit 10000", source, places.group("plain.log"))
    assert not found.said


# The format, where the service has one of its own


def remember(group: str, text: str) -> None:
    """As F9 does."""
    Memory(environment.state_folder() / "memory.json").keep_format("default/us-east-1", group, text)


def set_format(config: Path, group: str, text: str) -> None:
    settle(config, f'price_per_gb = 0\n[formats]\n"{group}" = "{text}"\n')


BY_INTERFACE = "stats count(*) as n by interface_id"
STARS = 'parse @message "* * *" as version, account_id, interface_id'
TWO = "${account-id} ${interface-id}"


def test_the_format_of_the_service(both: Both, places: Places) -> None:
    found = both(BY_INTERFACE, places.served, places.group("plain.log"))
    assert prelude(found).count("*") == 14
    assert found.rows == ({"interface_id": "eni-1", "n": "12000"},)


def test_the_settings_come_before_the_service(both: Both, places: Places, config: Path) -> None:
    set_format(config, places.file("plain.log"), THREE)
    found = both(BY_INTERFACE, places.served, places.group("plain.log"))
    assert prelude(found) == STARS
    assert len(found.rows) == 10_000
    found = both(BY_INTERFACE, places.local("plain.log"), DAY)
    assert prelude(found) == STARS


def test_what_f9_has_chosen_comes_before_the_settings(
    both: Both, places: Places, config: Path
) -> None:
    set_format(config, places.file("plain.log"), TWO)
    remember(places.file("plain.log"), THREE)
    assert prelude(both(BY_INTERFACE, places.served, places.group("plain.log"))) == STARS


def test_the_command_line_comes_first(both: Both, places: Places, config: Path) -> None:
    set_format(config, places.file("plain.log"), TWO)
    remember(places.file("plain.log"), TWO)
    source = replace(places.served, format=THREE)
    assert prelude(both(BY_INTERFACE, source, places.group("plain.log"))) == STARS


def test_a_group_of_several_formats(both: Both, places: Places) -> None:
    """Its newest records tell what there is; a format that is given leaves the others out."""
    asked = places.group("mixed")
    assert prelude(both(BY_INTERFACE, places.served, asked)).count("*") == 14
    for source, remembered in ((replace(places.served, format=str(DEFAULT_FORMAT)), ""),
                               (places.served, str(DEFAULT_FORMAT))):  # fmt: skip
        if remembered:
            remember(places.file("mixed"), remembered)
        found = both(BY_INTERFACE, source, asked)
        assert 'filter log_status in ["OK", "NODATA", "SKIPDATA"]' in found.started[0][0]
        assert "has records of other formats too: they are left out" in found.said
        assert found.rows == ({"interface_id": "eni-1", "n": "40"},)


def test_groups_that_differ(both: Both, places: Places) -> None:
    found = both(BY_SOURCE, places.served, places.group("pair.log", "plain.log"))
    assert prelude(found) == ""
    assert "different formats; no parse command is written" in found.said


def test_the_format_is_not_needed(both: Both, places: Places) -> None:
    found = both("stats count(*) as n", places.served, places.group("mixed"))
    assert found.rows == ({"n": "41"},)
    assert "No flow log of this account delivers to" in found.said
    assert "inferred from" not in found.said
    assert prelude(found) == ""
