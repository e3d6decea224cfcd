"""The memory beyond a session: the investigation and the history of runs, in the state folder."""
