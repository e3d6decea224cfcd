"""Every error that the service's model gives an operation of ours has a sentence of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
import pytest

import flowtui.backends.cloudwatch
from flowtui.backends.aws.errors import ours, refused_query
from flowtui.backends.aws.request_context import RequestContext

PLACE = RequestContext("prod", "eu-west-1")


def operations() -> set[tuple[str, str]]:
    """What the adapter asks for, read from its source: service and operation."""
    found = set()
    for path in Path(flowtui.backends.cloudwatch.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    ast.Name("Request"), [ast.Constant(str(service)), ast.Constant(str(name)), *_]
                ):
                    found.add((service, name))
    return found


def modelled() -> Iterator[tuple[str, str]]:
    session = botocore.session.Session()
    for service, name in sorted(operations()):
        model = session.get_service_model(service).operation_model(name)
        yield from ((name, shape.error_code) for shape in model.error_shapes)


def raised(operation: str, code: str) -> botocore.exceptions.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return botocore.exceptions.ClientError(response, operation)


def is_mapped(operation: str, code: str) -> bool:
    error = raised(operation, code)
    meaning = refused_query(error, PLACE) or ours(error, PLACE, operation)
    return not str(meaning).endswith(f"({code})")


def test_the_operations_are_found() -> None:
    asked = {name for _, name in operations()}
    assert asked >= {"StartQuery", "GetQueryResults", "StopQuery", "DescribeLogGroups"}
    assert ("ec2", "DescribeFlowLogs") in operations()


@pytest.mark.parametrize(("operation", "code"), list(modelled()))
def test_the_error_is_mapped(operation: str, code: str) -> None:
    assert is_mapped(operation, code)


def test_an_error_of_the_future_would_be_found() -> None:
    assert not is_mapped("StartQuery", "SomethingNewException")
