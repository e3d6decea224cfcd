"""The bytes of an answer as plain values, whatever the bytes are.

botocore reads JSON by the service's model, and trips over what the model does not foresee; what it
leaves out of an answer, nobody can complain of. So the JSON of a success is handed on as it is,
for `decode`; that of an error keeps what may be read of it. All else that goes wrong is one error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from botocore.parsers import ResponseParserError, ResponseParserFactory

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class CarefulParsers(ResponseParserFactory):  # type: ignore[misc]  # botocore has no types
    """What botocore's sessions and their clients read all answers with."""

    def create_parser(self, protocol_name: str) -> Any:
        parser = super().create_parser(protocol_name)
        return _Json(parser) if protocol_name == "json" else _Careful(parser)


class _Careful:
    """Reads as `parser` does; raises nothing but `ResponseParserError`."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        try:
            parsed: dict[str, Any] = self._read(response, shape)
        except ResponseParserError:
            raise
        except Exception as error:
            # botocore trips over odd answers in every way there is: AttributeError, KeyError, …
            raise ResponseParserError("the answer is not the service's") from error
        return parsed

    def _read(self, response: Mapping[str, Any], shape: Any) -> Any:
        return self._parser.parse(response, shape)


class _Json(_Careful):
    def _read(self, response: Mapping[str, Any], shape: Any) -> Any:
        if response["status_code"] < 300:
            return parsed_object(response["body"]) | {
                "ResponseMetadata": {
                    "HTTPStatusCode": response["status_code"],
                    "HTTPHeaders": {k.lower(): v for k, v in response["headers"].items()},
                }
            }
        return self._parser.parse({**response, "body": _readable_error(response["body"])}, shape)


def parsed_object(body: bytes) -> dict[str, Any]:
    """The JSON object; a lone surrogate, which no file and no terminal can carry, as U+FFFD.

    Raises `ValueError` and `RecursionError`.
    """
    value = json.loads(body.decode(), parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ResponseParserError("the answer is no JSON object")
    found: dict[str, Any] = _mended(value) if _ESCAPED_SURROGATE.search(body) else value
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(item) for name, item in value.items()}
    return value


def _readable_error(body: bytes) -> bytes:
    """What botocore can read of the body of an error; what is no JSON stays, as its message."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        return body.decode(errors="replace").encode()
    if not isinstance(value, dict):
        return b"{}"
    texts = {name: value.get(name) for name in ("__type", "message", "Message")}
    kept: dict[str, Any] = {k: _mended(v) for k, v in texts.items() if isinstance(v, str) and v}
    if "queryCompileError" in value:
        kept["queryCompileError"] = _readable_compile_error(value["queryCompileError"])
    return json.dumps(kept).encode()


def _readable_compile_error(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    location, message = value.get("location"), value.get("message")
    places = location.items() if isinstance(location, dict) else ()
    return {
        "message": _mended(message) if isinstance(message, str) else "",
        "location": {name: place for name, place in places if type(place) is int},
    }
