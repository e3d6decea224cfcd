"""What the path of a delivery to S3 says of its records (flowlogs.md 3.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from flowtui.model.frozen import frozen

_REGION = r"[a-z]{2,3}(?:-[a-z]+)+-[0-9]+"
ACCOUNT_IN_NAME = "^([0-9]{12})_vpcflowlogs_"
"""The account that the name of a file begins with; RE2 reads it, too."""
REGION_IN_NAME = f"^[0-9]{{12}}_vpcflowlogs_({_REGION})_"

_FOLDERS = re.compile(rf"([0-9]{{12}})/vpcflowlogs/({_REGION})(?:/|$)")
_HIVE_FOLDERS = re.compile(
    rf"aws-account-id=([0-9]{{12}})/aws-service=vpcflowlogs/aws-region=({_REGION})(?:/|$)"
)


@frozen
class Origin:
    """Where records were delivered from; empty where nothing says so."""

    account: str = ""
    region: str = ""


NOWHERE = Origin()


def origin_of(path: PurePath) -> Origin:
    """By the name of the file, which has both whatever folder it lies in, or by its folders."""
    account = re.match(ACCOUNT_IN_NAME, path.name)
    region = re.match(REGION_IN_NAME, path.name)
    if account and region:
        return Origin(account[1], region[1])
    folders = path.parent.as_posix()
    found = _FOLDERS.search(folders) or _HIVE_FOLDERS.search(folders)
    return Origin(found[1], found[2]) if found else NOWHERE


def common_origin(paths: Iterable[PurePath]) -> Origin:
    """What is true of all of them."""
    origins = set(map(origin_of, paths))
    accounts, regions = ({o.account for o in origins}, {o.region for o in origins})
    return Origin(
        accounts.pop() if len(accounts) == 1 else "", regions.pop() if len(regions) == 1 else ""
    )
