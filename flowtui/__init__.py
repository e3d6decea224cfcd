"""Incident triage on VPC flow logs in the terminal."""

__version__ = "0.1.0"
