"""What to look at first: rules over a few aggregates, ranked, each told in a sentence."""
