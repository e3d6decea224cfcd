"""Where in S3 flow logs lie, as the user writes it."""

from __future__ import annotations

import re

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

SCHEME = "s3://"
_ARN = re.compile(
    r"arn:[\w-]+:(?P<service>[\w-]+):(?P<region>[\w-]*):(?P<account>\d*):(?P<rest>.+)"
)
_ACCESS_POINT = re.compile(r"(accesspoint[/:][\w.-]+)(?:/(?:object/)?(.*))?", re.DOTALL)


@frozen
class Location:
    bucket: str
    """A name, or the ARN of an access point, which requests take in its place."""
    prefix: str = ""
    """A folder with its slash at the end, or as it was written where that may be an object."""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}"

    @classmethod
    def parse(cls, text: str) -> Location:
        """From `s3://bucket/prefix`, or an ARN of a bucket or an access point in its place.

        Raises `UsageError`.
        """
        named = text.removeprefix(SCHEME)
        if named.startswith("arn:"):
            return cls._of_arn(text, named)
        bucket, _, prefix = named.partition("/")
        if not bucket:
            raise UsageError(f"{text} names no bucket; write it like s3://bucket/prefix")
        return cls(bucket, prefix)

    @classmethod
    def _of_arn(cls, text: str, named: str) -> Location:
        arn = _ARN.fullmatch(named)
        if arn is None or arn["service"] != "s3":
            raise UsageError(
                f"{text} is no ARN of a bucket or an access point of S3; write it like"
                " s3://bucket/prefix or s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/name/prefix"
            )
        if not arn["account"]:
            return cls.parse(SCHEME + arn["rest"])
        point = _ACCESS_POINT.fullmatch(arn["rest"])
        if point is None:
            raise UsageError(
                f"{text} names no access point; write accesspoint/name behind the account"
            )
        return cls(named[: arn.start("rest")] + point[1], point[2] or "")


def is_in_s3(text: str) -> bool:
    """Whether a path of the command line is one in S3."""
    return text.startswith((SCHEME, "arn:aws"))
