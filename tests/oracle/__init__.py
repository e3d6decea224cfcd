"""A second, tiny evaluator of the language, in plain Python, to hold against the local engine.

It is written from the reference and not from the engine: slow, obvious, one function a rule, with
the section of LANGUAGE.md. Where the reference is silent it follows what the engine says is
ours, and names the place. It shares the parser and nothing else.
"""
