"""What is kept for the next who asks."""

from mlp_core.kept import Kept


def counting(kept: Kept[str, list[int]], size: int = 1):
    """Returns a function that asks for a key, and a list of the keys that were made."""
    made: list[str] = []

    def ask(key: str) -> list[int]:
        return kept.get(key, lambda: made.append(key) or [0] * size)

    return ask, made


def test_what_was_asked_for_longest_ago_goes():
    kept = Kept[str, list[int]](most=2, most_numbers=100, count=len)
    ask, made = counting(kept)

    first = ask("a")
    ask("b")
    assert ask("a") is first
    ask("c")

    assert kept.keys == ["a", "c"]
    assert made == ["a", "b", "c"]


def test_no_more_numbers_are_kept_than_there_may_be_but_the_newest_always():
    kept = Kept[str, list[int]](most=9, most_numbers=10, count=len)
    ask, _ = counting(kept, size=4)
    large, _ = counting(kept, size=50)

    for key in "abc":
        ask(key)
    assert kept.keys == ["b", "c"]

    large("d")
    assert kept.keys == ["d"]


def test_what_may_not_be_kept_any_more_once_it_is_made_is_not():
    closed: set[str] = set()
    kept = Kept[str, list[int]](9, 100, len, may_keep=lambda key: key not in closed)

    result = kept.get("a", lambda: closed.add("a") or [1])

    assert result == [1]
    assert kept.keys == []
