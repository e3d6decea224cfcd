"""Queries that ask for more than any machine has, in less than 2 kB."""

from __future__ import annotations

from random import Random

_LONG = ("@message", "concat(@message, @ptr, @logStream)", "concat(srcaddr, dstaddr, interface_id)")
_LISTS = ('"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]"', "concat('[', srcport, ']')")


def greedy_query(random: Random) -> str:
    kinds = (_nested, _doubled, _twice, _values, _unnested, _rows, _split, _groups, _coded)
    return random.choice(kinds)(random)


def _end(random: Random, name: str) -> str:
    return random.choice((
        f"stats max(strlen({name}))", f"stats count(*) by {name}", f"sort {name} desc | limit 5",
        f"dedup {name}", f"stats values({name})", "limit 100000", f"filter {name} like /z/",
        f"display {name} | limit 3", f"stats max({name}), min({name})", f"stats topk(9, {name})",
    ))  # fmt: skip


def _nested(random: Random) -> str:
    text = random.choice(_LONG)
    for _ in range(random.randrange(3, 40)):
        part, by = random.choice("0123456789 .eni"), "0" * random.randrange(2, 30)
        call = random.choice(('replace({}, "{}", "{}")', "regexReplace({}, '[{}]', '{}')"))
        text = call.format(text, part, by)
    return f"fields {text} as x | {_end(random, 'x')}"


def _doubled(random: Random) -> str:
    between = random.choice((", ", " | fields "))
    count = random.randrange(5, 30)
    made = [f"concat(a{at}, a{at}) as a{at + 1}" for at in range(count)]
    first = f"fields {random.choice(_LONG)} as a0"
    return f"{between.join([first, *made])} | {_end(random, f'a{count}')}"


def _twice(random: Random) -> str:
    step = random.choice(("{0} + {0}", "concat({0}, {0})", "if({0} > 1, {0}, 2)", "{0} * {0} - 1"))
    made = [f"{step.format(f'a{at}')} as a{at + 1}" for at in range(random.randrange(20, 60))]
    end = _end(random, f"a{len(made)}")
    return " | fields ".join(["fields bytes as a0", *made]) + f" | {end}"


def _values(random: Random) -> str:
    keys = random.choice(("", " by srcport", " by @ptr", " by srcaddr, srcport", " by end"))
    return f"stats values({random.choice(_LONG)}), values(@ptr){keys}"


def _unnested(random: Random) -> str:
    made = f"fields jsonParse({random.choice(_LISTS)}) as l"
    unnested = " | ".join(f"unnest l into u{at}" for at in range(random.randrange(2, 4)))
    return f"{made} | limit 2000 | {unnested} | {_end(random, 'u0')}"


def _rows(random: Random) -> str:
    columns = ", ".join(f"{random.choice(_LONG)} as c{at}" for at in range(random.randrange(1, 9)))
    return f"fields {columns} | limit 100000"


def _split(random: Random) -> str:
    joined = ", ".join(["@message"] * random.randrange(1, 12))
    made = f"split(concat({joined}, ''), '{random.choice(('', '1', ' '))}')"
    return f"fields {made} as s | fields jsonStringify(s) as t | {_end(random, 't')}"


def _groups(random: Random) -> str:
    keys = ", ".join(random.sample([*_LONG, "@ptr", "srcport", "bytes"], random.randrange(1, 5)))
    return f"stats pct(bytes, 95), count_distinct(@message), values(bytes) by {keys}"


def _coded(random: Random) -> str:
    text = random.choice(_LONG)
    for _ in range(random.randrange(3, 30)):
        text = f"{random.choice(('urlencode', 'base64encode', 'toupper'))}({text})"
    return f"fields {text} as x | {_end(random, 'x')}"
