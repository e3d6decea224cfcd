"""The same flow log records in the shapes of files that people have."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import zipfile
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
from awscli.text import format_text

from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.sample import article_lines

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RECORDS = tuple(article_lines()[::9])
FORMAT = ARTICLE_FORMAT
_NAMES = tuple(info.name for info in FORMAT.fields)
_BACKWARD = tuple(reversed(FORMAT.fields))
"""An order that no `parse` of the article has."""
_STREAM = "eni-0435cbb62960f230e-all"


def _start(record: str) -> int:
    return int(dict(zip(FORMAT.columns, record.split(" "), strict=True))["start"]) * 1000


def _moment(record: str) -> datetime:
    return datetime.fromtimestamp(_start(record) / 1000, UTC)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _with_header() -> bytes:
    return _text([" ".join(_NAMES), *RECORDS])


def _events() -> list[dict[str, object]]:
    return [
        {"logStreamName": _STREAM, "timestamp": _start(record), "message": record,
         "ingestionTime": _start(record) + 1, "eventId": str(number)}
        for number, record in enumerate(RECORDS)
    ]  # fmt: skip


def _subscription(number: int = 0, records: Sequence[str] = RECORDS) -> dict[str, object]:
    events = [{"id": "1", "timestamp": _start(each), "message": each} for each in records]
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "/vpc/edge",
        "logStream": f"{_STREAM}{number}",
        "subscriptionFilters": ["all"],
        "logEvents": events,
    }


_CONTROL = {
    "messageType": "CONTROL_MESSAGE",
    "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health"}],
}


def _dump(*documents: object, between: str = "\n") -> bytes:
    return between.join(map(json.dumps, documents)).encode()


def _results(cells: Callable[[str], Mapping[str, str]]) -> dict[str, object]:
    rows = [[{"field": k, "value": v} for k, v in cells(each).items()] for each in RECORDS]
    return {"results": rows, "statistics": {"recordsMatched": 6.0}, "status": "Complete"}


def _message_cells(record: str) -> dict[str, str]:
    return {"@timestamp": f"{_moment(record):%Y-%m-%d %H:%M:%S}.000", "@message": record,
            "@ptr": "CmEK"}  # fmt: skip


def _spelled(spelling: str) -> Callable[[str], dict[str, str]]:
    names = {
        "hyphens": _NAMES,
        "underscores": FORMAT.columns,
        "discovered": [info.discovered for info in FORMAT.fields],
    }[spelling]
    return lambda record: dict(reversed(list(zip(names, record.split(" "), strict=True))))


def _typed(record: str) -> dict[str, object]:
    """As who knows the types writes JSON."""
    cells = zip(FORMAT.fields, record.split(" "), strict=True)
    return {
        info.column: None if cell == "-" else int(cell) if info.type.is_number else cell
        for info, cell in cells
    }


def _columns_csv(*, separator: str = ",", is_quoted: bool = False, missing: str = "-") -> bytes:
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    names = [info.column for info in _BACKWARD]
    writer.writerow(names)
    for record in RECORDS:
        cells = dict(zip(FORMAT.columns, record.split(" "), strict=True))
        writer.writerow([missing if cells[name] == "-" else cells[name] for name in names])
    return text.getvalue().encode()


def _table(line: str, rule: str) -> bytes:
    """As people read it."""
    titles, *rows = (line.format(" | ".join(cells)) for cells in (_NAMES, *map(str.split, RECORDS)))
    return _text([titles, rule, *rows])


def _message_csv(time: str, message: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([time, message])
    writer.writerows((_start(record), record) for record in RECORDS)
    return text.getvalue().encode()


def _cli(document: object) -> bytes:
    text = io.StringIO()
    format_text(document, text)
    return text.getvalue().encode()


def _zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"logs/{name}.log", content)
    return packed.getvalue()


_HALVES = (RECORDS[:100], RECORDS[100:])
_OTHER_ORDER = FlowFormat(_BACKWARD)

SHAPES: Mapping[str, Callable[[], bytes]] = {
    "text with a header": _with_header,
    "text": lambda: _text(RECORDS),
    "a header of another order in mid-file": lambda: _text(
        [" ".join(_NAMES), *_HALVES[0], " ".join(reversed(_NAMES)),
         *(" ".join(reversed(each.split(" "))) for each in _HALVES[1])]
    ),
    "an export task": lambda: _text(
        f"{_moment(each):%Y-%m-%dT%H:%M:%S}.000Z {each}" for each in RECORDS
    ),
    "aws logs tail": lambda: _text(
        f"{_moment(each):%Y-%m-%dT%H:%M:%S}.000000+00:00 {_STREAM} {each}" for each in RECORDS
    ),
    "aws logs tail --format short": lambda: _text(
        f"{_moment(each):%Y-%m-%dT%H:%M:%S} {each}" for each in RECORDS
    ),
    "gzip": lambda: gzip.compress(_with_header()),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(_with_header())),
    "zstd": lambda: zstd.compress(_with_header()),
    "bz2": lambda: bz2.compress(_with_header()),
    "xz": lambda: lzma.compress(_with_header()),
    "zip": lambda: _zip(a=_with_header()),
    "UTF-16, as Windows writes it": lambda: _with_header().decode().encode("utf-16"),
    "UTF-16, big end first": lambda: b"\xfe\xff" + _with_header().decode().encode("utf-16-be"),
    "UTF-16 without a mark": lambda: _text(RECORDS).decode().encode("utf-16-le"),
    "UTF-16 without a mark, big end first": lambda: _text(RECORDS).decode().encode("utf-16-be"),
    "UTF-16, gzip": lambda: gzip.compress(_with_header().decode().encode("utf-16")),
    "UTF-16, CSV": lambda: _columns_csv().decode().encode("utf-16"),
    "UTF-16, TSV": lambda: _columns_csv(separator="\t").decode().encode("utf-16"),
    "UTF-16, JSON": lambda: _dump([*map(_typed, RECORDS)]).decode().encode("utf-16"),
    "UTF-16, zip of two": lambda: _zip(
        a=_text([" ".join(_NAMES), *_HALVES[0]]).decode().encode("utf-16"),
        b=_text(_HALVES[1]).decode().encode("utf-16"),
    ),
    "zip of two with byte order marks": lambda: _zip(
        a=BOM_UTF8 + _text([" ".join(_NAMES), *_HALVES[0]]), b=BOM_UTF8 + _text(_HALVES[1])
    ),
    "zip of two": lambda: _zip(a=_text([" ".join(_NAMES), *_HALVES[0]]), b=_text(_HALVES[1])),
    "Firehose": lambda: _dump(*({"message": each} for each in RECORDS)),
    "Firehose without line ends": lambda: _dump(*({"message": e} for e in RECORDS), between=""),
    "a subscription filter": lambda: _dump(
        _CONTROL, *(_subscription(n, half) for n, half in enumerate(_HALVES)), between=""
    ),
    "a subscription filter, gzip": lambda: b"".join(
        gzip.compress(_dump(_subscription(n, half))) for n, half in enumerate(_HALVES)
    ),
    "a Lambda event": lambda: _dump(
        {"awslogs": {"data": base64.b64encode(gzip.compress(_dump(_subscription()))).decode()}}
    ),
    "filter-log-events": lambda: json.dumps(
        {"events": _events(), "searchedLogStreams": [], "nextToken": "abc"}, indent=4
    ).encode(),
    "get-log-events": lambda: json.dumps(
        {"events": [{k: e[k] for k in ("timestamp", "message", "ingestionTime")}
                    for e in _events()],
         "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}, indent=4
    ).encode(),
    "messages of a --query": lambda: json.dumps(list(RECORDS), indent=4).encode(),
    "get-query-results with @message": lambda: _dump(_results(_message_cells)),
    "get-query-results": lambda: json.dumps(_results(_spelled("discovered")), indent=1).encode(),
    "filter-log-events --output text": lambda: _cli({"events": _events()}),
    "get-log-events --output text": lambda: _cli(
        {"events": [{k: e[k] for k in ("timestamp", "message", "ingestionTime")}
                    for e in _events()], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}
    ),
    "get-query-results --output text": lambda: _cli(_results(_message_cells)),
    "messages of a --query as text": lambda: _cli(list(RECORDS)),
    "JSON lines, hyphens": lambda: _dump(*map(_spelled("hyphens"), RECORDS)),
    "JSON lines, underscores": lambda: _dump(*map(_spelled("underscores"), RECORDS)),
    "JSON lines, discovered": lambda: _dump(*map(_spelled("discovered"), RECORDS)),
    "JSON with types": lambda: _dump([*map(_typed, RECORDS)]),
    "the console's events": lambda: _message_csv("timestamp", "message"),
    "the console's results": lambda: _message_csv("@timestamp", "@message"),
    "CSV": _columns_csv,
    "Athena's results": lambda: _columns_csv(is_quoted=True, missing=""),
    "Excel's": lambda: b"\xef\xbb\xbf" + _columns_csv(separator=";"),
    "Excel's, with its separator": lambda: b"sep=;\r\n" + _columns_csv(separator=";"),
    "TSV": lambda: _columns_csv(separator="\t"),
    "CSV without a header": lambda: _text(each.replace(" ", ",") for each in RECORDS),
    "a table of Markdown": lambda: _table("| {} |", "|---" * len(_NAMES) + "|"),
    "a table of psql": lambda: _table(" {} ", "-----+-" * len(_NAMES)),
    "Docker": lambda: _dump(*({"log": f"{e}\n", "stream": "stdout", "time": ""} for e in RECORDS)),
    "Fluent Bit": lambda: _dump(*({"date": 1649000000.1, "log": each} for each in RECORDS)),
    "a text that goes by a number": lambda: _dump(*({"_1": each} for each in RECORDS)),
    "a text beside known names": lambda: _dump(
        *({"host": "a", "region": "us-east-1", "payload": each} for each in RECORDS)
    ),
    "Elasticsearch, an answer": lambda: _dump(
        {"took": 3, "hits": {"total": {"value": 2}, "hits": [
            {"_index": "vpc", "_source": _typed(each)} for each in RECORDS]}}
    ),
    "Elasticsearch, a dump": lambda: _dump(
        *({"_index": "vpc", "_source": {"event": {"original": each}}} for each in RECORDS)
    ),
    "Splunk": lambda: _dump(*({"preview": False, "result": {"_raw": e}} for e in RECORDS)),
    "Splunk, CSV": lambda: _message_csv("_time", "_raw"),
    "syslog": lambda: _text(f"Apr  2 10:00:00 host vpcflow[7]: {each}" for each in RECORDS),
    "syslog of RFC 5424": lambda: _text(
        f"<14>1 {_moment(each):%Y-%m-%dT%H:%M:%SZ} host vpcflow - - - {each}" for each in RECORDS
    ),
    "syslog with the time of ISO 8601": lambda: _text(
        f"{_moment(each):%Y-%m-%dT%H:%M:%SZ} host vpcflow: {each}" for each in RECORDS
    ),
    "JSON after other words": lambda: _text(
        f'vpc.flow\t{json.dumps({"log": each})}' for each in RECORDS
    ),
    "grep -n": lambda: _text(f"flow.log:{n}:{each}" for n, each in enumerate(RECORDS)),
    "in quotes": lambda: _text(f'"{each}",' for each in RECORDS),
    "aligned": lambda: _text(f"  {each.replace(' ', '   ')} " for each in RECORDS),
}  # fmt: skip


def parquet(path: Path, columns: str = "*", integers: str = "BIGINT") -> Path:
    """The records with types, as S3 delivery and tables have them."""
    made = ", ".join(
        f"TRY_CAST({_quoted(info.column)} AS {integers}) AS {_quoted(info.column)}"
        if info.type.is_number
        else f"nullif({_quoted(info.column)}, '-') AS {_quoted(info.column)}"
        for info in FORMAT.fields
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE lines AS SELECT unnest($1) AS line", [list(RECORDS)])
        each = ", ".join(f"w[{at}] AS {_quoted(n)}" for at, n in enumerate(FORMAT.columns, 1))
        words = f"SELECT {each} FROM (SELECT string_split(line, ' ') AS w FROM lines)"
        connection.execute(
            f"COPY (SELECT {columns} FROM (SELECT {made} FROM ({words})) ORDER BY start)"
            f" TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 50)"
        )
    return path


def _quoted(name: str) -> str:
    return f'"{name}"'


OCSF = """
    {'product': {'version': '5', 'name': 'Amazon VPC'}, 'version': '1.1.0'} AS metadata,
    {'account': {'uid': account_id}, 'region': region, 'zone': az_id, 'provider': 'AWS'} AS cloud,
    {'ip': pkt_srcaddr, 'port': srcport,
     'intermediate_ips': CASE WHEN srcaddr <> pkt_srcaddr THEN [srcaddr] END,
     'svc_name': pkt_src_aws_service,
     'interface_uid': CASE WHEN flow_direction = 'egress' THEN interface_id END,
     'vpc_uid': CASE WHEN flow_direction = 'egress' THEN vpc_id END,
     'subnet_uid': CASE WHEN flow_direction = 'egress' THEN subnet_id END,
     'instance_uid': CASE WHEN flow_direction = 'egress' THEN instance_id END} AS src_endpoint,
    {'ip': pkt_dstaddr, 'port': dstport,
     'intermediate_ips': CASE WHEN dstaddr <> pkt_dstaddr THEN [dstaddr] END,
     'svc_name': pkt_dst_aws_service,
     'interface_uid': CASE WHEN flow_direction = 'egress' THEN NULL ELSE interface_id END,
     'vpc_uid': CASE WHEN flow_direction = 'egress' THEN NULL ELSE vpc_id END,
     'subnet_uid': CASE WHEN flow_direction = 'egress' THEN NULL ELSE subnet_id END,
     'instance_uid': CASE WHEN flow_direction = 'egress' THEN NULL ELSE instance_id END}
     AS dst_endpoint,
    {'protocol_num': protocol, 'tcp_flags': tcp_flags, 'boundary_id': traffic_path + 3,
     'direction': CASE flow_direction WHEN 'egress' THEN 'Outbound' WHEN 'ingress' THEN 'Inbound'
     END} AS connection_info,
    {'packets': packets, 'bytes': bytes} AS traffic,
    start * 1000 AS time, make_timestamp(start * 1000000) AS start_time_dt,
    "end" * 1000 AS end_time,
    CASE action WHEN 'ACCEPT' THEN 'Allowed' WHEN 'REJECT' THEN 'Denied' END AS action,
    log_status AS status_code, 4001 AS class_uid,
    MAP {'sublocation_type': sublocation_type, 'sublocation_id': sublocation_id} AS unmapped
"""
"""The records as Security Lake has them."""
