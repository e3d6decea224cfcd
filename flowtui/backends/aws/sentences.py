"""The meaning of every error of boto3 and of the service, as data: error of ours and words."""

from __future__ import annotations

from collections.abc import Callable

from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    FlowtuiError,
    Throttled,
    Unreachable,
)

THROTTLED = {
    "ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException",
    "RequestLimitExceeded", "LimitExceededException", "SlowDown", "429",
}  # fmt: skip
BUSY = {"ServiceUnavailableException", "ServiceUnavailable", "Unavailable", "503"}
BROKEN = {
    "InternalFailure", "InternalServerError", "InternalServerException", "InternalError",
    "RequestTimeout", "500", "502", "504",
}  # fmt: skip
DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "ForbiddenException"}
EXPIRED = {"ExpiredTokenException", "ExpiredToken", "RequestExpired"}
BAD_KEY = {
    "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "InvalidAccessKeyId",
    "InvalidToken",
}  # fmt: skip
BAD_SIGNATURE = {"InvalidSignatureException", "SignatureDoesNotMatch"}

SSO = {"SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOError"}
"""The exceptions after which `aws sso login` helps."""

REFUSED_KEYS = EXPIRED | BAD_KEY | BAD_SIGNATURE

OF_ENVIRONMENT = (
    (EXPIRED, "The keys in {keys} have expired; set new ones{or_unset}"),
    (
        BAD_KEY,
        "AWS does not accept the keys in {keys} in {region}: {text}; set others{or_unset}",
    ),
    (
        BAD_SIGNATURE,
        "AWS does not accept the secret in AWS_SECRET_ACCESS_KEY: {text}; set the one that belongs "
        "to AWS_ACCESS_KEY_ID{or_unset}",
    ),
)
"""The meaning of a refusal of keys that variables of the environment have."""
STRAY = (
    "{token} is left over from a session: the key in AWS_ACCESS_KEY_ID is a long-term one and has "
    "none; unset {token}"
)
INCOMPLETE = (
    "The key in AWS_ACCESS_KEY_ID is one of a session, and AWS_SESSION_TOKEN is not set; set it "
    "too, or other keys{or_unset}"
)
OF_FILE = "The keys of {profile} in {keys_file} have expired; put new ones there and try again"
NO_SUCH_PROFILE = (
    "{profile_by} names {named}, which is not in {files}; set it to one of those that "
    "`aws configure list-profiles` names, or unset it"
)
PARTIAL_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID is set, but {missing} is not; set both, or neither to use {named}"
)

ErrorClass = Callable[[str], FlowtuiError]

CODES: tuple[tuple[set[str], ErrorClass, str], ...] = (
    (
        {"LimitExceededException"},
        Throttled,
        "{operation} was refused by {where}: {text}; stop other queries or wait for them",
    ),
    (THROTTLED, Throttled, "{operation} was throttled by {where}: {text}; wait a little"),
    (BUSY | BROKEN, Unreachable, "{operation} failed on {where}: {text}; try again later"),
    (
        DENIED,
        BackendError,
        "{profile} may not {action}: {text}; ask for the permission or choose another profile",
    ),
    (
        EXPIRED,
        CredentialsError,
        "The session of {profile} has expired; renew it (`{login}`, or new keys) and try again",
    ),
    (
        BAD_KEY,
        CredentialsError,
        "AWS does not accept the access key of {profile} in {region}: {text}; check the key and "
        "that the region is enabled",
    ),
    (
        BAD_SIGNATURE,
        CredentialsError,
        "AWS does not accept the secret key of {profile}: {text}; enter the key pair again",
    ),
    (
        {"OptInRequired", "SubscriptionRequiredException"},
        BackendError,
        "The account has not enabled {region}: {text}; choose another region",
    ),
    (
        {"ResourceNotFoundException"},
        BackendError,
        "{where} does not know what {operation} names: {text}; check its name, the profile and "
        "{the_region}",
    ),
    (
        {"InvalidParameterException", "InvalidParameterValue", "ValidationException"},
        BackendError,
        "{where} refuses {operation}: {text}",
    ),
    (
        {"InvalidOperationException", "InvalidRequestException"},
        BackendError,
        "{where} refuses {operation}: {text}",
    ),
    (
        {"MetadataException"},
        BackendError,
        "{where} can't tell of the table or its database: {text}; check the name (ctrl+g lists "
        "them), the profile and {the_region}",
    ),
)

GONE = (
    "{where} does not know this query any more: results are kept for seven days, in the account "
    "and the region that ran it"
)
"""The meaning of a GetQueryResults that does not find a query."""

_SSO = (
    CredentialsError,
    "The SSO session of {profile} is not open or has expired; run `{login}` and try again",
)
_CONFIG = (
    CredentialsError,
    "The AWS configuration of {named} can't be used: {text}; correct {file}",
)
_NO_CONNECTION = (Unreachable, "Can't connect to {where}: {cause}; {way}")
_SLOW = (Unreachable, "{where} does not answer in time; {way}")

SENTENCES: dict[str, tuple[ErrorClass, str]] = {
    "NoCredentialsError": (
        CredentialsError,
        "There are no AWS credentials for {profile} in {files}; run `aws configure` or `{login}`, "
        "or choose a profile with --profile",
    ),
    "CredentialRetrievalError": (
        CredentialsError,
        "The credentials of {profile} could not be fetched: {text}; check how it gets them",
    ),
    "MetadataRetrievalError": (
        CredentialsError,
        "The credentials of {profile} could not be fetched: {text}; check how it gets them",
    ),
    "PartialCredentialsError": _CONFIG,
    "ProfileNotFound": (
        CredentialsError,
        "There is no AWS {named} in {files}; `aws configure list-profiles` names those there are",
    ),
    "ConfigParseError": _CONFIG,
    "ConfigNotFound": _CONFIG,
    "InvalidConfigError": _CONFIG,
    "InfiniteLoopConfigError": _CONFIG,
    "UnknownCredentialError": _CONFIG,
    "InvalidRetryModeError": _CONFIG,
    "InvalidRegionError": (
        BackendError,
        "The region {region_of} is not one of AWS: {text}; write it like eu-west-1",
    ),
    "NoRegionError": (
        BackendError,
        "No AWS region is set; choose one (F7, or --region), or set AWS_REGION or the region of "
        "{named}",
    ),
    **dict.fromkeys(SSO, _SSO),
    "LoginError": (
        CredentialsError,
        "The session of {profile} is not open or has expired; run `aws login` and try again",
    ),
    "MissingDependencyException": (
        CredentialsError,
        "The login of {profile} needs an addition to botocore: {text}",
    ),
    "RefreshWithMFAUnsupportedError": (
        CredentialsError,
        "The session of {profile} has expired and needs a new MFA code; try again to enter it",
    ),
    "EOFError": (
        CredentialsError,
        "{profile} asks for an MFA code; open a session outside of flowtui first",
    ),
    "TimeoutExpired": (
        CredentialsError,
        "The credential_process of {profile} does not end; run it by hand to see what it wants",
    ),
    "FileNotFoundError": _CONFIG,
    "PermissionError": _CONFIG,
    "JSONDecodeError": (
        CredentialsError,
        "The credential_process of {profile} does not print JSON; run it by hand to see what it "
        "prints",
    ),
    "SSLError": (
        Unreachable,
        "There is no trusted TLS connection to {where}: {text}; for a company proxy, name its "
        "certificates in AWS_CA_BUNDLE",
    ),
    "ProxyConnectionError": (
        Unreachable,
        "The proxy for {where} can't be used: {text} ({cause}); check HTTPS_PROXY and NO_PROXY",
    ),
    "ConnectTimeoutError": _SLOW,
    "ReadTimeoutError": _SLOW,
    "ConnectionClosedError": (
        Unreachable,
        "{where} closed the connection without an answer; {way}",
    ),
    "EndpointConnectionError": _NO_CONNECTION,
    "ConnectionError": _NO_CONNECTION,
    "HTTPClientError": _NO_CONNECTION,
    "HTTPError": _NO_CONNECTION,
    "OSError": _NO_CONNECTION,
    "IncompleteReadError": (
        Unreachable,
        "{where} broke off its answer; {way}",
    ),
    "ResponseParserError": (
        Unreachable,
        "{operation} got an answer from {where} that is not the service's; check for a proxy or a "
        "login page in between",
    ),
    "OversizedAnswer": (
        BackendError,
        "{operation} got an answer from {where} that is longer than any of the service; ask for "
        "fewer rows or shorter fields, or check what answers there",
    ),
    "RuntimeError": (
        CredentialsError,
        "The credentials of {profile} can't be renewed: {text}; `{login}` or new keys may help",
    ),
}
"""By the name of the class or of the nearest base class that is listed."""
