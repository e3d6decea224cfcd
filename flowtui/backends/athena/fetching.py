"""The rows of an execution that has ended: by pages, or the object that Athena has written."""

from __future__ import annotations

from flowtui.backends.athena.results import Texts, as_results, read_csv, read_page
from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Misshapen
from flowtui.backends.aws.errors import misshapen
from flowtui.backends.daemon import in_thread
from flowtui.backends.s3.location import SCHEME, Location
from flowtui.backends.s3.requests import Requests
from flowtui.model.errors import BackendError
from flowtui.model.run import ResultSet
from flowtui.sql.compile import Compiled

_PAGE = 1000
"""Rows of one GetQueryResults, the most."""


class Fetching:
    def __init__(self, calls: Calls, requests: Requests) -> None:
        self._calls, self._requests = calls, requests

    async def rows(self, query_id: str, output: str, compiled: Compiled) -> ResultSet:
        """By pages where one is enough, else the object at `output`; where that is refused, pages.

        Raises `BackendError`.
        """
        page = await self._calls.send(
            _results_of(query_id), lambda answer: read_page(answer, is_first=True)
        )
        rows = [*page.rows]
        if page.token:
            rows = await self._whole(query_id, output, len(page.types), rows, page.token)
        try:
            return as_results(rows, page.types, compiled)
        except Misshapen as error:
            place = self._calls.clients.place.of("athena")
            raise misshapen(error, "GetQueryResults", place) from error

    async def _whole(
        self, query_id: str, output: str, width: int, rows: list[Texts], token: str
    ) -> list[Texts]:
        if output.startswith(SCHEME):
            try:
                return await in_thread(lambda: self._csv(output, width))
            except BackendError:
                pass  # whoever may not read the object has the pages
        pages = self._calls.pages(
            _results_of(query_id, token),
            lambda answer: read_page(answer, is_first=False).rows,
            "NextToken",
        )
        return rows + [row async for page in pages for row in page]

    def _csv(self, output: str, width: int) -> list[Texts]:
        location = Location.parse(output)
        data = self._requests.whole(location.bucket, location.prefix)
        return list(read_csv(data.decode(errors="replace"), width))


def _results_of(query_id: str, token: str = "") -> Request:
    parameters: dict[str, object] = {"QueryExecutionId": query_id, "MaxResults": _PAGE}
    if token:
        parameters["NextToken"] = token
    return Request("athena", "GetQueryResults", "ResultSet", parameters)
