"""Made-up days of a made-up network: a quiet one, and those on which something happens.

Everything is drawn from a seed: addresses, sizes, rates, the window, the format, what is logged.
"""
