"""Every error that flowtui raises on purpose.

    FlowtuiError
      QueryError            the query is wrong (exit 1)
        QuerySyntaxError    its text does not parse
        UnsupportedQuery    it is valid, but the engine does not compute it
          EngineLacks       and another engine can, on the rows up to there
        Refused             it has what `check` calls an error (engine.runner)
        DrillError          no query can be derived from this row
      UsageError            an option or a setting is wrong (exit 2)
        NoLogGroup          nothing says which log groups to read
        NoTimeRange         nothing says over what time
      BackendError          the backend refused or failed a request (exit 3)
        SourceError         a file or folder of flow logs can't be used
        Throttled           too many requests or running queries: try again later
        CredentialsError    nobody to act as, or no longer
          Declined          and the user did not give what was asked for
        Unreachable         no answer from the endpoint
          Unanswered        and what was asked may have been done all the same

`str(error)` is one sentence for the user: what failed, on what, what to do.
"""

from __future__ import annotations

Span = tuple[int, int]


_LONGEST = 2_000
"""Characters of a sentence; what it is about may be of any length."""


class FlowtuiError(Exception):
    def __str__(self) -> str:
        told = super().__str__()
        half = _LONGEST // 2
        return told if len(told) <= _LONGEST else f"{told[:half]} … {told[-half:]}"


class QueryError(FlowtuiError):
    """`span` is the half-open range of characters of the query text that is at fault."""

    def __init__(self, message: str, span: Span = (0, 0)) -> None:
        super().__init__(message)
        self.span = span


class QuerySyntaxError(QueryError):
    pass


class UnsupportedQuery(QueryError):
    pass


class EngineLacks(UnsupportedQuery):
    pass


class DrillError(QueryError):
    pass


class UsageError(FlowtuiError):
    pass


class NoLogGroup(UsageError):
    pass


class NoTimeRange(UsageError):
    pass


class BackendError(FlowtuiError):
    pass


class SourceError(BackendError):
    pass


class Throttled(BackendError):
    pass


class CredentialsError(BackendError):
    """`login` is the command that opens a session again; empty where none does."""

    def __init__(self, message: str, login: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.login = login


class Declined(CredentialsError):
    pass


class Unreachable(BackendError):
    pass


class Unanswered(Unreachable):
    """`query_id` is that of the query which may be running; empty where nobody knows it."""

    def __init__(self, message: str, query_id: str = "") -> None:
        super().__init__(message)
        self.query_id = query_id
