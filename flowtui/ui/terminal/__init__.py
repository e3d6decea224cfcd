"""The wire: what is sent to the terminal, and what comes from it."""
