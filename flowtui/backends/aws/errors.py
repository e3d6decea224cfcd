"""One place where whatever boto3 raises becomes a sentence of ours.

Exceptions are told apart by the names of their classes, so that nothing here imports botocore,
and service errors by their code: the same error has a different class in each session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from flowtui.backends.aws.decode import Misshapen
from flowtui.backends.aws.request_context import RequestContext, clean
from flowtui.backends.aws.sentences import (
    BAD_SIGNATURE,
    BUSY,
    CODES,
    EXPIRED,
    GONE,
    INCOMPLETE,
    NO_SUCH_PROFILE,
    OF_ENVIRONMENT,
    OF_FILE,
    PARTIAL_ENVIRONMENT,
    REFUSED_KEYS,
    SENTENCES,
    SSO,
    STRAY,
    THROTTLED,
)
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    FlowtuiError,
    QueryError,
    Span,
    Unreachable,
)

_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
_TRAILING_SPAN = re.compile(r"\s*\(\[(\d+),\s*(\d+)\]\)\s*$")
_TIME_RANGE = re.compile(r"end date and time|creation time|log retention", re.IGNORECASE)
_SKEW = re.compile(
    r"signature expired|signature not yet current|request has expired", re.IGNORECASE
)
_SKEW_ALLOWED = timedelta(minutes=5)


def ours(error: BaseException, place: RequestContext, operation: str) -> FlowtuiError:
    """The error of ours for `error`, which `operation` (`StartQuery`) has raised."""
    if isinstance(error, FlowtuiError):
        return error
    if code := _code(error):
        return _from_service(error, code, place, operation)
    for cls in type(error).__mro__:
        if cls.__name__ in SENTENCES:
            kind, sentence = SENTENCES[cls.__name__]
            sentence = _of_a_variable(cls.__name__, error, place) or sentence
            said = _fill(sentence, error, place.reached(_url(error)), operation)
            if cls.__name__ in SSO:
                return CredentialsError(said, place.login_command)
            return kind(said)
    return BackendError(f"{operation} failed on {place.where}: {_described(error)}")


def may_have_arrived(error: BaseException | None) -> bool:
    """Whether the service may have done what it was asked; it was sent, and ended with `error`.

    There is no error where there was no answer in time. An error that is not in the service's own
    words may be that of a proxy, which has lost the answer.
    """
    if error is None:
        return True
    if code := _code(error):
        # Without a code of the service's own, botocore makes one of the HTTP status.
        is_own = not code.isdigit()
        status = _status(error)
        is_refusal = code in THROTTLED | BUSY or (isinstance(status, int) and status < 500)
        return not (is_own and is_refusal)
    names = {cls.__name__ for cls in type(error).__mro__}
    return not names & _UNCONNECTED and not ("SSLError" in names and _is_handshake(error))


_UNCONNECTED = {"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"}
_LATE_TLS = ("SSLEOFError", "SSLZeroReturnError", "SSLSyscallError")


def _is_handshake(error: BaseException) -> bool:
    """Whether TLS was refused, before anything was sent; it may also break off later."""
    said = {f"{type(cause).__name__} {cause}" for cause in _chain(error)}
    is_late = any(name in each for each in said for name in (*_LATE_TLS, "BAD_RECORD_MAC"))
    return not is_late


def not_in_time(place: RequestContext) -> Unreachable:
    """Nothing has come from there yet, and nobody waits any longer."""
    _, sentence = SENTENCES["ReadTimeoutError"]
    return Unreachable(_fill(sentence, TimeoutError(), place))


def no_answer(operation: str, place: RequestContext) -> Unreachable:
    """A success without the members that every success has: a portal or a proxy answered."""
    return Unreachable(
        f"{operation} got an answer from {place.where} that is not the service's; "
        "check for a proxy or a login page in between"
    )


def misshapen(error: Misshapen, operation: str, place: RequestContext) -> BackendError:
    """A success that can't be read: a member of it is not what the service sends."""
    return BackendError(
        f"{operation} got an answer from {place.where} that can't be read: {error}; "
        "check what answers there"
    )


def refused_query(
    error: BaseException, place: RequestContext, text: str = ""
) -> FlowtuiError | None:
    """The fault of the query `text`, where the service refused it for its text."""
    if _code(error) != "MalformedQueryException":
        return None
    response = _response(error)
    compile_error = response.get("queryCompileError") or {}
    message = response["Error"].get("Message") or compile_error.get("message") or ""
    if _TIME_RANGE.search(message):
        return BackendError(
            "The time range is before the log group was created or older than what it retains; "
            "choose a later one"
        )
    span = _located(compile_error.get("location") or {}) or _trailing(message) or (0, 0)
    sentence = clean(_TRAILING_SPAN.sub("", message)) or "it gives no reason"
    start, end = (min(offset, len(text)) for offset in span)
    who = place.endpoint or "CloudWatch"
    return QueryError(f"{who} refuses the query: {sentence}", (start, end))


def is_ended(error: BaseException) -> bool:
    """Whether a StopQuery was refused because there is nothing left to stop."""
    return _code(error) in ("InvalidParameterException", "ResourceNotFoundException")


def is_out_of_slots(error: BaseException) -> bool:
    """Whether as many queries are running as the account may run."""
    return _code(error) == "LimitExceededException"


def _response(error: BaseException) -> Mapping[str, Any]:
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) and "Error" in response else {}


def _code(error: BaseException) -> str:
    """The service's error code; empty where it is not an answer of the service."""
    return str(_response(error).get("Error", {}).get("Code", ""))


def _message(error: BaseException) -> str:
    return str(_response(error).get("Error", {}).get("Message", ""))


def _located(location: Mapping[str, Any]) -> Span | None:
    start, end = location.get("startCharOffset"), location.get("endCharOffset")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start <= end:
        return None
    return start, end


def _trailing(message: str) -> Span | None:
    found = _TRAILING_SPAN.search(message)
    return (int(found[1]), max(int(found[2]), int(found[1]) + 1)) if found else None


def _from_service(
    error: BaseException, code: str, place: RequestContext, operation: str
) -> FlowtuiError:
    if refused := refused_query(error, place):
        return refused
    if _is_skewed(error, code):
        return CredentialsError(
            "AWS refuses the request because of its time; set this machine's clock right"
        )
    if "MultiFactorAuthentication" in _message(error):
        return CredentialsError(
            _fill(
                "AWS does not accept the MFA code of {profile}: {text}; try the next code",
                error,
                place,
            )
        )
    if _MARKUP.match(_message(error)):
        return Unreachable(
            f"{place.where} answered {operation} with HTTP {_status(error)} and a web page; "
            "check for a proxy or a login page in between"
        )
    if (operation, code) == ("GetQueryResults", "ResourceNotFoundException"):
        return BackendError(_fill(GONE, error, place))
    if sentence := _of_keys(code, place):
        return CredentialsError(_fill(sentence, error, place))
    for codes, kind, sentence in CODES:
        if code in codes:
            return kind(_fill(sentence, error, place, operation))
    said = clean(_message(error)) or clean(code)
    return BackendError(f"{operation} failed on {place.where}: {said} ({clean(code)})")


def _of_keys(code: str, place: RequestContext) -> str:
    """The sentence for keys that are refused, where it is known which ones they are."""
    origins = place.origins
    if code in REFUSED_KEYS and origins.has_stray_token:
        return STRAY
    if code in REFUSED_KEYS and origins.lacks_token:
        return INCOMPLETE
    if origins.keys:
        return next((sentence for codes, sentence in OF_ENVIRONMENT if code in codes), "")
    return OF_FILE if code in EXPIRED and place.keys_file else ""


def _of_a_variable(name: str, error: BaseException, place: RequestContext) -> str:
    """The sentence for an exception that a variable of the environment is the cause of."""
    if name == "ProfileNotFound" and place.origins.profile:
        return NO_SUCH_PROFILE
    is_env = name == "PartialCredentialsError" and _facts(error).get("provider") == "env"
    return PARTIAL_ENVIRONMENT if is_env else ""


def _facts(error: BaseException) -> Mapping[str, Any]:
    """The values that botocore puts into its sentences."""
    facts = getattr(error, "kwargs", {})
    return facts if isinstance(facts, Mapping) else {}


def _url(error: BaseException) -> str:
    return str(_facts(error).get("endpoint_url", ""))


def _file(error: BaseException, place: RequestContext) -> str:
    """The file of the configuration that is to be corrected."""
    facts = _facts(error)
    if facts.get("provider") == "shared-credentials-file":
        return place.origins.credentials
    return clean(str(facts.get("path", place.origins.config)))


def _status(error: BaseException) -> object:
    return _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", "?")


def _is_skewed(error: BaseException, code: str) -> bool:
    if code not in BAD_SIGNATURE | {"RequestExpired", "RequestTimeTooSkewed"}:
        return False
    if code == "RequestTimeTooSkewed" or _SKEW.search(_message(error)):
        return True
    headers = _response(error).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return False
    if theirs.utcoffset() is None:
        theirs = theirs.replace(tzinfo=UTC)
    return abs(datetime.now(UTC) - theirs) > _SKEW_ALLOWED


def _action(error: BaseException, operation: str, place: RequestContext) -> str:
    """The IAM action that was denied: `logs:StartQuery`, `sts:AssumeRole`."""
    name = str(getattr(error, "operation_name", "") or operation)
    prefix = {"DescribeFlowLogs": "ec2", "AssumeRole": "sts", "GetRoleCredentials": "sso"}
    return f"{prefix.get(name, place.service)}:{name}"


def _fill(sentence: str, error: BaseException, place: RequestContext, operation: str = "") -> str:
    return sentence.format(
        text=(clean(_message(error)) or clean(_code(error))) if _code(error) else _described(error),
        cause=_reason(error),
        where=place.where,
        profile=place.who,
        named=place.named_profile,
        region=clean(place.region) or "this region",
        the_region=place.the_region,
        region_of=place.region_of,
        login=place.login,
        keys=place.origins.named_keys,
        token=place.origins.token,
        keys_file=place.keys_file,
        or_unset=place.or_unset,
        profile_by=place.origins.profile,
        files=place.origins.files,
        file=_file(error, place),
        missing=_facts(error).get("cred_var", ""),
        way=place.way,
        operation=operation,
        action=_action(error, operation, place),
    )


def _described(error: BaseException) -> str:
    said = clean(str(error))
    return (
        said if said and hasattr(error, "fmt") else f"{type(error).__name__}: {said}".rstrip(": ")
    )


def _reason(error: BaseException) -> str:
    """Why there is no connection, which botocore leaves to the chain of causes."""
    said = " ".join(f"{type(cause).__name__} {cause}" for cause in _chain(error))
    for pattern, reason in _REASONS:
        if pattern.search(said):
            return reason
    return "no connection"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and its causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


_REASONS = (
    (re.compile(r"NameResolutionError|getaddrinfo|Name or service not known"), "unknown host"),
    (re.compile(r"ConnectionRefusedError|Connection refused|\[Errno 111\]"), "connection refused"),
    (re.compile(r"Network is unreachable|No route to host"), "no route to it"),
    (re.compile(r"407 "), "the proxy wants a login"),
    (re.compile(r"Connection reset|ConnectionResetError"), "connection reset"),
)
