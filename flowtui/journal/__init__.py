"""What outlives a session: the investigation and the history of runs, in the state directory."""
