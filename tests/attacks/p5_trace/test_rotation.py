"""P5, a new trace key: a pin changes only by a closing that the old key finds, and only as it says.

The broker holds every trace key, so it can close one behind her back: what it cannot do is hide
that from the paper she has.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from audit import trace
from audit.entry import draft
from audit.trace import find
from broker.closing import Closing
from tests.attacks.rogue import AGENCY, Held, Rogue, Victim, is_answered, reason


def _close(
    rogue: Rogue,
    old: bytes,
    new: bytes,
    *,
    agency: str = AGENCY,
    tagged: bytes | None = None,
    k: int = 59,
) -> int:
    """Log that `old` is closed at an agency and `new` follows. tagged: whose tag it carries."""
    tag = trace.tag(trace.share(tagged or old, agency), rogue.today, k)
    after = trace.share_pin(trace.share(new, agency)).hex()
    members = {"tag": tag.hex(), "agency": agency, "share": after}
    return rogue.log.append([draft("trace.closed", members)]).entries[0].index


def _shown(rogue: Rogue, index: int, share: bytes) -> Closing:
    logged = rogue.log.prove(index)
    return Closing(logged.entry.decode(), logged.proof, share)


def _ask(rogue: Rogue, held: Held, *closings: Closing) -> dict[str, object]:
    return rogue.ask(held, closed=closings)


def _known(rogue: Rogue, victim: Victim) -> bytes:
    """Have the agency pin her share; return it."""
    assert is_answered(rogue.ask(rogue.give(victim)))
    return trace.share(victim.trace_key, AGENCY)


def _kinds(rogue: Rogue, key: bytes, agencies: Sequence[str]) -> list[str]:
    entries = [rogue.log.entry(index) for index in range(rogue.log.size)]
    return [each.entry.kind for each in find(entries, key, agencies)]


def test_the_honest_twin_is_answered(rogue: Rogue, victim: Victim) -> None:
    """What every attack below changes one thing of."""
    old, new = _known(rogue, victim), os.urandom(32)
    closed = _close(rogue, victim.trace_key, new)
    held = rogue.give(victim, trace_key=new)
    assert is_answered(_ask(rogue, held, _shown(rogue, closed, old)))
    # The pin has changed for good: no closing is needed any more, and the old key is refused.
    assert is_answered(_ask(rogue, held))
    assert reason(rogue.ask(rogue.give(victim))) == "trace_changed"


def test_a_new_key_without_a_closing(rogue: Rogue, victim: Victim) -> None:
    """Would work where the log has a closing that nobody must show, or none at all."""
    _known(rogue, victim)
    new = os.urandom(32)
    _close(rogue, victim.trace_key, new)
    assert reason(_ask(rogue, rogue.give(victim, trace_key=new))) == "trace_changed"


def test_a_closing_under_an_invented_share(rogue: Rogue, victim: Victim) -> None:
    """Would work where any closing will do: her key would not find this one."""
    old, new, invented = _known(rogue, victim), os.urandom(32), os.urandom(32)
    closed = _close(rogue, invented, new)
    held = rogue.give(victim, trace_key=new)
    own = _shown(rogue, closed, trace.share(invented, AGENCY))
    assert reason(_ask(rogue, held, own)) == "trace_changed"
    # The same entry, with her share beside it: the tag is not that share's.
    assert reason(_ask(rogue, held, _shown(rogue, closed, old))) == "trace_changed"


def test_the_closing_of_another_person(rogue: Rogue, victim: Victim) -> None:
    """Would work where a closing is not compared with the pin."""
    neighbour, new = rogue.victim(), os.urandom(32)
    _known(rogue, victim)
    share = _known(rogue, neighbour)
    closed = _close(rogue, neighbour.trace_key, new)
    held = rogue.give(victim, trace_key=new)
    assert reason(_ask(rogue, held, _shown(rogue, closed, share))) == "trace_changed"


def test_a_true_closing_for_a_key_that_is_not_hers(rogue: Rogue, victim: Victim) -> None:
    """Would work where a closing frees the pin for whoever comes next.

    She has replaced her key herself; the broker uses her own closing for a key of its own.
    """
    old, new, hidden = _known(rogue, victim), os.urandom(32), os.urandom(32)
    closed = _close(rogue, victim.trace_key, new)
    held = rogue.give(victim, trace_key=hidden)
    assert reason(_ask(rogue, held, _shown(rogue, closed, old))) == "trace_changed"


def test_a_closing_at_another_agency(rogue: Rogue, victim: Victim) -> None:
    """Would work where a closing of one agency frees the pin at all of them."""
    old, new = _known(rogue, victim), os.urandom(32)
    closed = _close(rogue, victim.trace_key, new, agency="polri")
    held = rogue.give(victim, trace_key=new)
    elsewhere = trace.share(victim.trace_key, "polri")
    for share in (old, elsewhere):
        assert reason(_ask(rogue, held, _shown(rogue, closed, share))) == "trace_changed"


def test_a_closing_after_the_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where a grant under a hidden key is excused afterwards."""
    old, new = _known(rogue, victim), os.urandom(32)
    held = rogue.give(victim, trace_key=new)
    closed = _close(rogue, victim.trace_key, new)
    assert reason(_ask(rogue, held, _shown(rogue, closed, old))) == "trace_changed"


def test_a_closing_that_is_not_in_the_log(rogue: Rogue, victim: Victim) -> None:
    """Would work where the entry is believed without its proof: nobody could find it."""
    old, new = _known(rogue, victim), os.urandom(32)
    other = _close(rogue, os.urandom(32), os.urandom(32))
    real = rogue.log.prove(_close(rogue, victim.trace_key, new)).entry.decode()
    held = rogue.give(victim, trace_key=new)
    shown = Closing(real, rogue.log.prove(other).proof, old)
    assert reason(_ask(rogue, held, shown)) == "no_proof"


def test_an_entry_of_another_kind_as_a_closing(rogue: Rogue, victim: Victim) -> None:
    """Would work where only the tag is looked at: she has many entries under the old share."""
    old = _known(rogue, victim)
    access = rogue.access(rogue.give(victim))
    held = rogue.give(victim, trace_key=os.urandom(32))
    shown = Closing(access.access_entry, access.access_proof, old)
    assert reason(_ask(rogue, held, shown)) == "trace_changed"


def test_an_old_closing_after_a_second_one(rogue: Rogue, victim: Victim) -> None:
    """Would work where closings are not used up: back to a key that was replaced, and on again."""
    first, second, third = victim.trace_key, os.urandom(32), os.urandom(32)
    share = _known(rogue, victim)
    one = _close(rogue, first, second)
    two = _close(rogue, second, third)
    shown = _shown(rogue, one, share), _shown(rogue, two, trace.share(second, AGENCY))
    assert is_answered(_ask(rogue, rogue.give(victim, trace_key=third), *shown))
    back = rogue.give(victim, trace_key=second)
    assert reason(_ask(rogue, back, shown[0])) == "trace_changed"
    # Even a closing of the third that names the first again brings no replaced share back.
    three = _close(rogue, third, first)
    again = rogue.give(victim)
    assert reason(_ask(rogue, again, _shown(rogue, three, trace.share(third, AGENCY)))) == (
        "trace_changed"
    )


def test_a_key_replaced_behind_her_back(rogue: Rogue, victim: Victim) -> None:
    """Works, and shows: the paper that she has finds the closing at every agency.

    Her new key, once she is given one honestly, is refused where the broker's is pinned.
    """
    assert is_answered(rogue.ask(rogue.give(victim)))
    paper = victim.trace_key
    agencies = tuple(rogue.broker.policy.catalogue.agencies)
    rogue.broker.asking.trace_keys.replace(victim.known.id)
    assert _kinds(rogue, paper, agencies).count("trace.closed") == len(agencies)


def test_what_is_refused_shows_to_the_person_at_the_agency(rogue: Rogue, victim: Victim) -> None:
    """A refused attempt changes no pin and leaves no replaced one."""
    old, hidden = _known(rogue, victim), os.urandom(32)
    closed = _close(rogue, os.urandom(32), hidden)
    held = rogue.give(victim, trace_key=hidden)
    assert reason(_ask(rogue, held, _shown(rogue, closed, old))) == "trace_changed"
    assert is_answered(rogue.ask(rogue.give(victim)))
