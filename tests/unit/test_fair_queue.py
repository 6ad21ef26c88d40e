"""Requests wait fairly: each address gets its turn before another's second, and whoever floods is put off first."""

import asyncio
import gc
import logging
import random

import pytest

from tests.support.loops import run_apart
from ui.server.fair_queue import FairQueue
from ui.server.refusals import Refusals
from ui.server.turns import SupersededError, TooBusyError
from ui.server.visitors import Visitor

LONG = 60.0  # seconds that no test waits for


async def settle():
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """Asks a queue and notes who got in, in which order, and who was sent away."""

    def __init__(self, queue):
        self.queue = queue
        self.entered, self.refused = [], {}
        self.tasks, self.doors = {}, {}

    async def ask(self, name, address, session=""):
        self.doors[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._visit(name, Visitor(address, session)))
        await settle()

    async def _visit(self, name, visitor):
        try:
            async with self.queue.turn(visitor):
                self.entered.append(name)
                await self.doors[name].wait()
        except (TooBusyError, SupersededError) as error:
            self.refused[name] = type(error)

    async def let_go(self, name):
        self.doors[name].set()
        await settle()

    async def let_all_go(self):
        for door in self.doors.values():
            door.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


def queue_up(queue, *askers):
    """Let askers (name, address, session) come one by one; return who was refused by then, and who got in."""

    async def scene():
        crowd = Crowd(queue)
        for asker in askers:
            await crowd.ask(*asker)
        refused = dict(crowd.refused)
        await crowd.let_all_go()
        return refused, crowd.entered

    return run_apart(scene())


def test_addresses_take_turns_however_much_one_asks():
    async def scene():
        crowd = Crowd(FairQueue(1, 10, LONG))
        await crowd.ask("first", "a")
        for name in ("a1", "a2", "a3"):
            await crowd.ask(name, "a")
        await crowd.ask("b1", "b")
        await crowd.ask("c1", "c")
        await crowd.let_all_go()
        return crowd.entered

    assert run_apart(scene()) == ["first", "a1", "b1", "c1", "a2", "a3"]


def test_no_more_are_inside_than_may_be():
    async def scene():
        crowd = Crowd(FairQueue(2, 10, LONG))
        for name in "abcd":
            await crowd.ask(name, name)
        inside = list(crowd.entered)
        await crowd.let_go("a")
        await crowd.let_all_go()
        return inside, crowd.entered

    assert run_apart(scene()) == (["a", "b"], ["a", "b", "c", "d"])


def test_who_floods_is_put_off_before_others():
    flood = (("f1", "flood"), ("f2", "flood"), ("f3", "flood"))

    refused, entered = queue_up(FairQueue(1, 3, LONG), ("inside", "x"), *flood, ("guest", "g"))

    assert refused == {"f3": TooBusyError}
    assert entered == ["inside", "f1", "guest", "f2"]


def test_where_nobody_has_more_waiting_the_newcomer_is_put_off():
    people = ((name, name) for name in ("inside", "first", "second", "newcomer"))

    refused, entered = queue_up(FairQueue(1, 2, LONG), *people)

    assert refused == {"newcomer": TooBusyError}
    assert entered == ["inside", "first", "second"]


def test_who_floods_is_put_off_before_others_even_where_only_one_may_wait():
    refused, entered = queue_up(FairQueue(1, 1, LONG), ("inside", "flood"), ("f1", "flood"), ("guest", "g"))

    assert refused == {"f1": TooBusyError}
    assert entered == ["inside", "guest"]


@pytest.mark.parametrize(("at_once", "seconds_a_turn", "may_wait"), [(1, 10, 6), (2, 10, 12), (1, 50, 1), (1, 1000, 1)])
def test_who_could_not_be_let_in_in_time_is_put_off_at_once(at_once, seconds_a_turn, may_wait):
    async def scene():
        now = [0.0]
        queue = FairQueue(at_once, 1000, LONG, clock=lambda: now[0])
        async with queue.turn(Visitor("earlier")):
            now[0] += seconds_a_turn
        crowd = Crowd(queue)
        for number in range(at_once + may_wait + 3):
            await crowd.ask(number, str(number))
        refused = list(crowd.refused)
        for task in crowd.tasks.values():
            task.cancel()
        await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)
        return refused

    refused = run_apart(scene())

    assert refused == [at_once + may_wait, at_once + may_wait + 1, at_once + may_wait + 2]


def test_a_crowd_that_is_sent_away_leaves_no_cyclic_garbage():
    async def scene():
        crowd = Crowd(FairQueue(1, 5, LONG, newest_only=True))
        await crowd.ask("inside", "a", "page")
        gc.collect()
        gc.disable()
        try:
            for number in range(50):
                await crowd.ask(number, "b", "another page")
                await crowd.ask(-number - 1, f"c{number}", "a third page")
            return gc.collect()
        finally:
            gc.enable()
            await crowd.let_all_go()

    assert run_apart(scene()) < 50


def test_a_sessions_newest_drawing_takes_the_place_of_its_older_one():
    pages = (("inside", "a", "page"), ("older", "a", "page"), ("other", "a", "another page"), ("newer", "a", "page"))

    refused, entered = queue_up(FairQueue(1, 10, LONG, newest_only=True), *pages)

    assert refused == {"older": SupersededError}
    assert entered == ["inside", "newer", "other"]


def test_nobody_waits_longer_than_is_bearable():
    async def scene():
        crowd = Crowd(FairQueue(1, 10, 0.01))
        await crowd.ask("inside", "a")
        await crowd.ask("waiting", "b")
        await asyncio.wait_for(crowd.tasks["waiting"], LONG)
        await crowd.let_go("inside")
        await crowd.ask("later", "b")
        await crowd.let_all_go()
        return crowd.refused, crowd.entered

    assert run_apart(scene()) == ({"waiting": TooBusyError}, ["inside", "later"])


def test_who_leaves_while_waiting_or_reading_costs_no_place():
    async def scene():
        crowd = Crowd(FairQueue(1, 10, LONG))
        for name in ("inside", "waiting", "last"):
            await crowd.ask(name, name)
        crowd.tasks["waiting"].cancel()
        await settle()
        crowd.tasks["inside"].cancel()
        await settle()
        await crowd.let_all_go()
        await crowd.ask("after", "z")
        await crowd.let_all_go()
        return crowd.entered

    assert run_apart(scene()) == ["inside", "last", "after"]


@pytest.mark.parametrize("seed", range(5))
def test_after_any_crowd_all_places_are_free_again(seed):
    async def scene():
        chance = random.Random(seed)
        queue = FairQueue(2, 5, LONG, newest_only=True)
        crowd = Crowd(queue)
        for number in range(60):
            await crowd.ask(str(number), chance.choice("abc"), chance.choice(["", "s", "t"]))
            other = str(chance.randrange(number + 1))
            if chance.random() < 0.3:
                crowd.tasks[other].cancel()
            elif chance.random() < 0.5:
                await crowd.let_go(other)
        await crowd.let_all_go()
        again = Crowd(queue)
        for name in "abc":
            await again.ask(name, name)
        inside = list(again.entered)
        await again.let_all_go()
        return inside

    assert run_apart(scene()) == ["a", "b"]


# What is said about it


def test_refusals_are_counted_and_said_at_most_once_a_minute(caplog):
    caplog.set_level(logging.INFO, logger="digits")
    now = [0.0]
    refusals = Refusals(clock=lambda: now[0])

    for second in range(130):
        now[0] = float(second)
        refusals.count("shut")
        refusals.count("TooBusyError")
    refusals.flush()

    said = [record.message for record in caplog.records]
    assert said[0] == "refused: shut 1"
    assert len(said) == 4
    counted = sum(int(number) for line in said for number in line.replace(",", "").split() if number.isdecimal())
    assert counted == 260
