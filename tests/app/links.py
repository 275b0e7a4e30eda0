"""Links with arbitrary values, as strangers might write them, for every parameter of the app."""

import random
from collections.abc import Collection, Iterator
from pathlib import Path

from dashboard.shell import menu
from mlp_core import STAGES, Fixes
from mlp_core.settings import SCHEDULES, VALIDATE
from mlp_core.tasks import TASKS

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (REPOSITORY / "pages").glob("*.py"))
OF_THE_READERS_RUN = [page.name for page in menu.PAGES if "data" not in page.unused]

Link = dict[str, str | list[str]]

HOSTILE = (
    *("", " ", "0", "-1", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "1e-999", "0x10", "1_0"),
    *("9" * 30, "9" * 5000, "-" * 200, "0.1.2", "1,5", "٣", "½", "1e", "+", "null", "None", "[]"),
    *("true", "True", "TRUE", "false", "yes", "on", "{}", '{"a": 1}', "undefined", "\0", "a\0b"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](//a.example/b.png)"),
    *("[x](javascript:alert(1))", ":red[x]", ":material/bug_report:", "$x^2$", "`x`", "**x**"),
    *("' OR 1=1 --", "../../../etc/passwd", "%00", "%s%s%n", "{0.__class__}", "${7*7}", "=1+1"),
    *("\u202egnp.exe", "\ufeff", "\u200b", "😀" * 50, "é" * 300, "\r\nSet-Cookie: a=b", "_" * 300),
    *(
        "~" * 300,
        "." * 300,
        "," * 300,
        "8,6,6",
        "8 6 6",
        "256," * 10,
        "csv",
        "csv-0123456789abcdef",
    ),
    *("v1", "keys", "100", "keys~s7", "v1~s" + "9" * 100, "v1~rnan", "v1~ginf", "v1~h", "v1."),
    *("v1~kcsv-00", "v1~t1e9", "v1~v0.9999", "g0~", "~", "v1~q", "-1", "v1~h2-", "keys.keys~s1"),
)

SENSIBLE = (
    *("true", "1", "7", "0.5", "4", "8", "none", "custom", "keys.init", "AdamW.bias", "1–32", "x"),
    *STAGES,
    *vars(Fixes()),
    *TASKS,
    *SCHEDULES,
    *VALIDATE,
)


def links(names: Collection[str], count: int, seed: int = 0) -> Iterator[Link]:
    """Yields links with some or all of these parameters; most values are hostile, some repeated."""
    dice = random.Random(seed)
    for _ in range(count):
        chosen = dice.sample(sorted(names), dice.choice([1, 1, 2, 2, 3, 4, 6, len(names)]))
        yield {name: _values(dice) for name in chosen}


def _values(dice: random.Random) -> str | list[str]:
    if dice.random() < 0.1:
        return [_value(dice) for _ in range(dice.randrange(2, 5))]
    return _value(dice)


def _value(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.5:
        return dice.choice(HOSTILE)
    if kind < 0.6:
        return dice.choice(SENSIBLE)
    if kind < 0.8:  # nearly valid
        word = dice.choice(HOSTILE + SENSIBLE)[:200]
        place = dice.randrange(len(word) + 1)
        return word[:place] + chr(dice.randrange(1, 0x2100)) + word[place:]
    if kind < 0.9:
        return dice.choice("_~.,-").join(dice.choices(HOSTILE + SENSIBLE, k=dice.randrange(2, 12)))
    return "".join(chr(dice.randrange(1, 0xD7FF)) for _ in range(dice.randrange(60)))
