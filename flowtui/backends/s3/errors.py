"""What S3 refuses, in a sentence; what is said of keys, logins and networks is the same as ever."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowtui.backends.aws.errors import ours
from flowtui.backends.aws.request_context import RequestContext, clean
from flowtui.backends.s3.location import Location
from flowtui.model.errors import BackendError, FlowtuiError, SourceError
from flowtui.model.frozen import frozen


@frozen
class Asked:
    """What a request was for."""

    operation: str
    bucket: str
    key: str
    """Or the prefix of a listing."""

    def __str__(self) -> str:
        return str(Location(self.bucket, self.key))


class LeftOut(SourceError):
    """One object can't be had; the others can."""


_ELSEWHERE = {
    "PermanentRedirect", "301", "TemporaryRedirect", "307", "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
}  # fmt: skip
_GONE = {"NoSuchKey", "404", "PreconditionFailed", "412"}
_DENIED = {"AccessDenied", "403", "AllAccessDisabled"}
_UNUSABLE = (
    "UnsupportedS3ArnError", "UnsupportedS3AccesspointConfigurationError",
    "UnsupportedS3ConfigurationError", "EndpointProviderError", "ParamValidationError",
    "MissingDependencyException",
)  # fmt: skip
_KMS = re.compile(r"\bkms\b|\bKMS\.|ciphertext", re.IGNORECASE)


def meaning(error: BaseException, place: RequestContext, asked: Asked) -> FlowtuiError:
    """What `error`, which a request has raised, means to the user."""
    response = getattr(error, "response", None)
    if isinstance(response, dict) and (found := _refused(response, place, asked)):
        return found
    if any(cls.__name__ in _UNUSABLE for cls in type(error).__mro__):
        said = clean(str(error))
        return BackendError(f"{asked} can't be asked for: {said}; check how it is written")
    if asked.bucket.startswith("arn:") and place.endpoint and "Endpoint" in type(error).__name__:
        return BackendError(f"{asked} can't be reached by --endpoint-url, so leave it out")
    return ours(error, place, asked.operation)


def _refused(
    response: Mapping[str, Any], place: RequestContext, asked: Asked
) -> FlowtuiError | None:
    """What only S3 refuses so; None for what every service may answer."""
    told = response.get("Error", {})
    code, message = str(told.get("Code", "")), clean(str(told.get("Message", "")))
    is_of_key = code.startswith("KMS.") or (code in _DENIED and _KMS.search(message))
    if code in _ELSEWHERE:
        return BackendError(_elsewhere(response, asked, place))
    if code == "InvalidObjectState":
        return LeftOut(
            f"{asked} is archived; restore it (aws s3api restore-object), then run again"
        )
    if code in _GONE and asked.operation == "GetObject":
        return LeftOut(f"{asked} was changed or removed after it was listed; run the query again")
    if code == "NoSuchBucket":
        where = f"check its name, {place.who} and {place.the_region}"
        return BackendError(f"There is no bucket {asked.bucket}; {where}")
    if is_of_key:
        return BackendError(
            f"{place.who} may not use the KMS key that {asked} is encrypted with: {message};"
            " ask for kms:Decrypt on it"
        )
    return BackendError(_denied(message or code, asked, place)) if code in _DENIED else None


def _elsewhere(response: Mapping[str, Any], asked: Asked, place: RequestContext) -> str:
    told = response["Error"]
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = clean(str(told.get("Region") or headers.get("x-amz-bucket-region", "")))
    if region:
        return (
            f"The bucket {asked.bucket} is in {region}, and {place.region or 'another region'} was"
            f" asked; give --region {region}"
        )
    return f"The bucket {asked.bucket} is in another region; give it by --region"


def _denied(text: str, asked: Asked, place: RequestContext) -> str:
    action = "s3:ListBucket on" if asked.operation == "ListObjectsV2" else "s3:GetObject on"
    what = asked.bucket if asked.operation == "ListObjectsV2" else str(asked)
    return (
        f"{place.who} may not {action} {what}: {text}; ask for the permission or choose another"
        " profile, and where whoever asks has to pay, give --request-payer requester"
    )
