"""What concerns the wire: what is sent to the terminal, and what comes from it."""
