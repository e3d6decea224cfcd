"""boto3 clients of an endpoint that repeat nothing, and what they are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


def client(service: str, url: str) -> Any:
    return boto3.Session().client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",  # noqa: S106  (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def refused(call: Callable[..., object], **parameters: object) -> str:
    """The code of the error that the call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def pages(call: Callable[..., dict[str, Any]], **parameters: object) -> list[dict[str, Any]]:
    """All answers, from token to token."""
    answers = [call(**parameters)]
    while token := answers[-1].get("nextToken"):
        answers.append(call(**parameters, nextToken=token))
    return answers
