"""Whatever boto3 raises becomes one sentence that says what to do."""

from __future__ import annotations

import builtins
import json
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import botocore.exceptions as boto
import botocore.parsers
import pytest
import urllib3.exceptions

from flowtui.backends.aws import bodies
from flowtui.backends.aws.errors import may_have_arrived, ours, refused_query
from flowtui.backends.aws.request_context import RequestContext, clean
from flowtui.backends.aws.sentences import SENTENCES
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    FlowtuiError,
    QueryError,
    Throttled,
    Unreachable,
)

PLACE = RequestContext("prod", "eu-west-1")


def service(
    code: str, message: str = "said so", status: int = 400, operation: str = "StartQuery"
) -> boto.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return boto.ClientError(response, operation)


def test_results_that_are_gone_say_how_long_they_are_kept() -> None:
    error = ours(service("ResourceNotFoundException"), PLACE, "GetQueryResults")
    assert str(error).endswith("kept for seven days, in the account and the region that ran it")


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_every_name_in_the_table_is_the_name_of_an_exception(name: str) -> None:
    homes = (boto, builtins, urllib3.exceptions, botocore.parsers, json, subprocess, bodies)
    assert any(isinstance(getattr(home, name, None), type) for home in homes)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (boto.NoCredentialsError(), CredentialsError, "aws sso login --profile prod"),
        (boto.ProfileNotFound(profile="prod"), CredentialsError, "There is no AWS profile prod"),
        (boto.NoRegionError(), BackendError, "(F7, or --region)"),
        (boto.InvalidRegionError(region_name="us east 1"), BackendError, "'us east 1'"),
        (
            boto.UnauthorizedSSOTokenError(),
            CredentialsError,
            "run `aws sso login --profile prod` and try again",
        ),
        (boto.SSOTokenLoadError(error_msg="x"), CredentialsError, "aws sso login"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), CredentialsError, "sso login"),
        (
            boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            CredentialsError,
            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not",
        ),
        (boto.ConfigParseError(path="/c"), CredentialsError, "correct /c"),
        (
            boto.CredentialRetrievalError(provider="custom-process", error_msg="log in"),
            CredentialsError,
            "log in",
        ),
        (EOFError(), CredentialsError, "asks for an MFA code"),
        (FileNotFoundError(2, "No such file", "/tool"), CredentialsError, "/tool"),
        (json.JSONDecodeError("Expecting value", "", 0), CredentialsError, "credential_process"),
        (subprocess.TimeoutExpired("p", 60), CredentialsError, "does not end"),
        (RuntimeError("refreshed credentials are still expired"), CredentialsError, "expired"),
        (ValueError("invalid literal for int()"), BackendError, "invalid literal"),
        (botocore.parsers.ResponseParserError("no JSON"), Unreachable, "check for a proxy"),
        (AttributeError("'list' object"), BackendError, "StartQuery failed on CloudWatch Logs"),
        (bodies.OversizedAnswer(), BackendError, "StartQuery got an answer"),
        (
            boto.SSLError(endpoint_url="https://logs", error=OSError("self-signed certificate")),
            Unreachable,
            "AWS_CA_BUNDLE",
        ),
        (boto.ProxyConnectionError(proxy_url="http://p:1"), Unreachable, "HTTPS_PROXY"),
        (boto.ConnectTimeoutError(endpoint_url="https://logs"), Unreachable, "in time"),
        (boto.ReadTimeoutError(endpoint_url="https://logs"), Unreachable, "in time"),
        (boto.ConnectionClosedError(endpoint_url="https://logs"), Unreachable, "closed"),
        (urllib3.exceptions.ProtocolError("ended prematurely"), Unreachable, "Can't connect"),
        (ConnectionResetError(104, "Connection reset by peer"), Unreachable, "connection reset"),
        (service("ExpiredTokenException"), CredentialsError, "profile prod has expired"),
        (service("UnrecognizedClientException"), CredentialsError, "access key of profile prod"),
        (service("InvalidSignatureException"), CredentialsError, "secret key"),
        (
            service("InvalidSignatureException", "Signature expired: 1 is now earlier than 2"),
            CredentialsError,
            "clock",
        ),
        (service("AccessDeniedException"), BackendError, "profile prod may not logs:StartQuery"),
        (service("AccessDenied", operation="AssumeRole"), BackendError, "sts:AssumeRole"),
        (service("OptInRequired"), BackendError, "has not enabled eu-west-1"),
        (service("ThrottlingException"), Throttled, "throttled"),
        (service("LimitExceededException"), Throttled, "stop other queries"),
        (service("ResourceNotFoundException"), BackendError, "check its name"),
        (service("ServiceUnavailableException", status=503), Unreachable, "try again later"),
        (service("403", "<!doctype html><p>Blocked", 403), Unreachable, "HTTP 403 and a web page"),
        (service("SomethingNew"), BackendError, "said so (SomethingNew)"),
        (boto.ParamValidationError(report="limit\nis wrong"), BackendError, "limit is wrong"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_the_sentence(error: Exception, kind: type[FlowtuiError], words: str) -> None:
    meaning = ours(error, PLACE, "StartQuery")
    assert type(meaning) is kind
    assert words in str(meaning)
    assert "\n" not in str(meaning)
    assert "{" not in str(meaning)


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (None, True),
        (boto.ReadTimeoutError(endpoint_url="https://logs"), True),
        (boto.ConnectionClosedError(endpoint_url="https://logs"), True),
        (service("InternalFailure", status=500), True),
        (service("ThrottlingException"), False),
        (service("ServiceUnavailableException", status=503), False),
        (boto.EndpointConnectionError(endpoint_url="https://logs"), False),
        (boto.SSLError(endpoint_url="https://logs", error=OSError("self-signed")), False),
    ],
)
def test_whether_a_request_may_have_arrived(error: Exception | None, may: bool) -> None:
    assert may_have_arrived(error) is may


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (OSError(101, "Network is unreachable"), "no route to it"),
        (OSError("Name or service not known"), "unknown host"),
    ],
)
def test_the_reason_is_found_behind_the_error(cause: Exception, reason: str) -> None:
    error = boto.EndpointConnectionError(endpoint_url="https://logs")
    error.__context__ = cause
    assert f"Can't connect to CloudWatch Logs in eu-west-1: {reason}" in str(
        ours(error, PLACE, "StartQuery")
    )


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("sts.us-east-1.amazonaws.com", "STS"),
        ("portal.sso.eu-west-1.amazonaws.com", "the SSO portal"),
        ("oidc.eu-west-1.amazonaws.com", "the SSO login"),
        ("logs.eu-west-1.amazonaws.com", "CloudWatch Logs"),
        ("vpce-1.logs.eu-west-1.vpce.amazonaws.com", "CloudWatch Logs"),
        ("sts.example.com", "CloudWatch Logs"),
    ],
)
def test_the_service_that_is_silent_is_named_whoever_was_asked(host: str, name: str) -> None:
    error = boto.ConnectTimeoutError(endpoint_url=f"https://{host}/")
    said = str(ours(error, PLACE, "StartQuery"))
    assert said.startswith(f"{name} in eu-west-1 does not answer in time; check the network")


@pytest.mark.parametrize(("minutes", "word"), [(0, "secret key"), (20, "clock")])
def test_a_wrong_clock_is_seen_by_the_date_of_the_answer(minutes: int, word: str) -> None:
    error = service("InvalidSignatureException", "does not match")
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes))
    error.response["ResponseMetadata"]["HTTPHeaders"] = {"date": date}
    assert word in str(ours(error, PLACE, "StartQuery"))


def test_an_error_of_ours_stays_as_it_is() -> None:
    error = Throttled("busy")
    assert ours(error, PLACE, "StartQuery") is error


def test_foreign_text_is_one_short_line_without_controls() -> None:
    said = clean("a\x1b]52;c;eHh4\x07\r\nb\u202ec\x9b2J" + "x" * 1000)
    assert said.startswith("a ]52;c;eHh4 b c 2Jxxx")
    assert len(said) == 300
    assert "\x1b" not in str(ours(service("New\x1b", "\x1b[2J"), PLACE, "StartQuery"))


@pytest.mark.parametrize(
    ("compile_error", "message", "text", "span"),
    [
        ({"location": {"startCharOffset": 2, "endCharOffset": 5}}, "bad", "fieldz a", (2, 5)),
        ({"location": {"startCharOffset": 2, "endCharOffset": 500}}, "bad", "fieldz a", (2, 8)),
        ({"location": {"startCharOffset": -2, "endCharOffset": 5}}, "bad", "fieldz a", (0, 0)),
        ({"location": None}, "bad ([1,1])", "fieldz a", (1, 2)),
        ({"message": "from below"}, "", "fieldz a", (0, 0)),
        (None, "", "fieldz a", (0, 0)),
    ],
)
def test_a_refused_query_points_into_its_text(
    compile_error: object, message: str, text: str, span: tuple[int, int]
) -> None:
    error: Any = service("MalformedQueryException", message)
    error.response["queryCompileError"] = compile_error
    refused = refused_query(error, RequestContext("default", "eu-west-1"), text)
    assert isinstance(refused, QueryError)
    assert refused.span == span
    assert str(refused).startswith("CloudWatch refuses the query: ")


def test_another_endpoint_is_not_called_cloudwatch() -> None:
    """It may be `flowtui serve`, which says: run it on CloudWatch."""
    place = RequestContext("default", "eu-west-1", "http://127.0.0.1:4566")
    refused = refused_query(service("MalformedQueryException", "run it on CloudWatch"), place)
    assert str(refused) == "http://127.0.0.1:4566 refuses the query: run it on CloudWatch"
