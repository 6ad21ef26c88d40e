"""Large pictures take turns."""

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from digit_core.types import Reading
from tests.support.reader import Reader, shape
from tests.support.waiting import DEADLINE
from ui.api import Endpoints
from ui.exchange import SentPicture
from ui.server.turns import TooBusyError, Turns


def test_nobody_enters_when_all_places_are_taken():
    turns = Turns(at_once=1, waiting=0)

    with turns.turn(), pytest.raises(TooBusyError), turns.turn():
        pass


def test_who_is_sent_away_learns_after_how_many_seconds_to_come_back():
    moments = iter([0, 3, 10, 15, 20, 30])  # turns of 3 and of 5 seconds, and one that still lasts
    turns = Turns(at_once=1, waiting=0, clock=lambda: next(moments))
    for _ in range(2):
        with turns.turn():
            pass

    with turns.turn(), pytest.raises(TooBusyError, match="try again in 4 seconds") as refusal, turns.turn():
        pass

    assert refusal.value.seconds == 4


def test_who_waits_longer_than_a_place_is_told_the_time_of_all_who_wait():
    moments = iter([0, 2, 5, 6])
    turns = Turns(at_once=1, waiting=2, clock=lambda: next(moments))
    with turns.turn():
        pass

    with turns.turn(can_be_refused=False):
        seconds = turns.seconds_until_free()

    assert seconds == 6


def test_before_anybody_has_been_read_it_is_a_second():
    turns = Turns(at_once=1, waiting=0)

    with turns.turn(), pytest.raises(TooBusyError, match="in a second"), turns.turn():
        pass


def test_who_cannot_be_refused_waits_until_a_place_is_free():
    turns = Turns(at_once=1, waiting=0)
    entered = []

    def wait():
        with turns.turn(can_be_refused=False):
            entered.append(True)

    with turns.turn():
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert entered == []
    waiting.join()

    assert entered == [True]


def test_a_place_is_free_again_even_after_an_error():
    turns = Turns(at_once=1, waiting=0)

    with pytest.raises(ValueError, match="damaged"), turns.turn():
        raise ValueError("damaged")

    with turns.turn():
        pass


def test_no_more_than_two_ever_read_together():
    turns = Turns(at_once=2, waiting=6)
    entered, may_leave = threading.Semaphore(0), threading.Semaphore(0)
    inside, counts = [], []

    def read():
        with turns.turn():
            inside.append(1)
            counts.append(len(inside))
            entered.release()
            may_leave.acquire(timeout=DEADLINE)
            inside.pop()

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    assert all(entered.acquire(timeout=DEADLINE) for _ in range(2))
    for _ in range(6):  # as one leaves, another comes in, and a third would find the time to
        may_leave.release()
        assert entered.acquire(timeout=DEADLINE)
    may_leave.release(2)
    for reader in readers:
        reader.join()

    assert len(counts) == 8
    assert max(counts) == 2


def test_evidence_is_weighed_within_the_turn_of_its_request():
    turns = Turns(at_once=1, waiting=0)
    refused = []

    class Networks:
        def poll(self, frames, vote):
            with pytest.raises(TooBusyError), turns.turn():
                pass
            refused.append(len(frames))
            return SimpleNamespace(probabilities=np.full((len(frames), 10), 0.1))

    inked = replace(shape("7"), frame=np.ones((28, 28), np.float32))
    reader = SimpleNamespace(vote=Reader.vote, ensemble=Networks(), read=lambda image, vote: Reading(((inked,),), vote))

    Endpoints(reader, turns).explain(SentPicture(Path("7.png")), method="occlusion")

    assert len(refused) == 1
