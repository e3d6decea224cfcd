"""The query protocol of EC2 and STS: a form in, XML out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from flowtui.serve.wire import Json, WireError

_NAMESPACES = {
    "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
_SERVICES = {"2016-11-15": "ec2", "2011-06-15": "sts"}
"""The version of an interface tells whose it is."""

_NUMBERS = ("MaxResults",)
_FLAGS = {"true": True, "false": False}
_MOST_FIELDS = 5000
_DEEPEST = 8

_CODES = {
    "InvalidParameterException": "InvalidParameterValue",
    "UnknownOperationException": "InvalidAction",
    "ServiceUnavailableException": "Unavailable",
    "ThrottlingException": "RequestLimitExceeded",
    "AccessDeniedException": "UnauthorizedOperation",
}
"""The names that these errors have here, where they have others than in CloudWatch Logs."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decoded(body: bytes) -> tuple[str, str, Mapping[str, object]]:
    """The service, the operation and its parameters; raises `WireError`.

    `Filter.1.Name=x&Filter.1.Value.1=y` is a list of one `{"Name": "x", "Value": ["y"]}`.
    """
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise WireError("MalformedQueryString", "the body is not a form") from None
    flat = dict(pairs)
    service = _SERVICES.get(flat.pop("Version", ""), "")
    operation = flat.pop("Action", "")
    if not service or not operation or len(flat) + 2 < len(pairs):
        raise WireError("InvalidAction", "send an Action and the Version of EC2 or STS, each once")
    return service, operation, {name: _typed(name, value) for name, value in _nested(flat).items()}


def answer(service: str, operation: str, members: Json, request_id: str) -> bytes:
    inside = "".join(_elements(members))
    if service == "sts":
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        inside = f"<{operation}Result>{inside}</{operation}Result>{metadata}"
    else:
        inside = f"<requestId>{request_id}</requestId>{inside}"
    name = f"{operation}Response"
    return _document(f'<{name} xmlns="{_NAMESPACES[service]}">{inside}</{name}>')


def refusal(error: WireError, request_id: str) -> bytes:
    """In the shape of EC2's errors, which clients of STS read as well."""
    told: Json = {"Code": _CODES.get(error.name, error.name), "Message": str(error)}
    inside = f"<Error>{''.join(_elements(told))}</Error>"
    return _document(
        f"<Response><Errors>{inside}</Errors><RequestID>{request_id}</RequestID></Response>"
    )


def _nested(flat: Mapping[str, str]) -> Mapping[str, object]:
    """Dotted names as objects and lists: members that are all numbers are a list."""
    tree: dict[str, object] = {}
    for name, value in flat.items():
        *path, last = name.split(".", _DEEPEST)
        place = tree
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise WireError("MalformedQueryString", f"{name[:64]} is given in two ways")
            place = inner
        if last in place:
            raise WireError("MalformedQueryString", f"{name[:64]} is given in two ways")
        place[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    members = {name: _listed(member) for name, member in value.items()}
    if all(name.isascii() and name.isdigit() and len(name) <= 6 for name in members):
        return [members[name] for name in sorted(members, key=int)]
    return members


def _typed(name: str, value: object) -> object:
    if isinstance(value, str) and name in _NUMBERS and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
        return int(value)
    return _FLAGS.get(value, value) if isinstance(value, str) else value


def _elements(members: Mapping[str, object]) -> Iterator[str]:
    for name, value in members.items():
        yield f"<{name}>{_content(value)}</{name}>"


def _content(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "".join(_elements(value))
        case list():
            return "".join(f"<item>{_content(item)}</item>" for item in value)
        case _:
            return escape(_NOT_XML.sub("\ufffd", str(value)))


def _document(element: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element}'.encode()
