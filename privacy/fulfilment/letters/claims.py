"""The registry of what letters can say: each claim finds in what is recorded whether it is so, and its particulars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto

from privacy.fulfilment.letters.facts import Facts

type Particulars = Mapping[str, str]
type Found = Sequence[Particulars]


class Says(Flag):
    """What a sentence claims to have happened; a wording may say no more than its claim allows."""

    NOTHING = 0
    DELETED = auto()
    PUT_RIGHT = auto()
    CONFIRMED = auto()


@dataclass(frozen=True)
class Claim:
    """`find` gives the particulars for the slots of its sentence: none where it is not so; several where it is told of
    several things, each on a line of its own if `is_list`. `late` slots are known only as the letter goes out."""

    name: str
    find: Callable[[Facts], Found]
    slots: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    says: Says = Says.NOTHING
    is_list: bool = False


claims: dict[str, Claim] = {}
SO: Found = ({},)
NOT_SO: Found = ()


def claim(
    name: str, *slots: str, late: tuple[str, ...] = (), says: Says = Says.NOTHING, is_list: bool = False
) -> Callable[[Callable[[Facts], Found]], Callable[[Facts], Found]]:
    def wrap(find: Callable[[Facts], Found]) -> Callable[[Facts], Found]:
        claims[name] = Claim(name, find, slots, late, says, is_list)
        return find

    return wrap


def so(is_so: object, **particulars: str) -> Found:
    return (particulars,) if is_so else NOT_SO
