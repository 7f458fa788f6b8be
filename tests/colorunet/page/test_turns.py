"""The fair queue: turns go round the clients, and what can't wait is told so."""

import asyncio
import threading
import time

import pytest

from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal
from colorunet.page.turns import Turns


async def _stays() -> bool:
    return False


async def _left() -> bool:
    return True


def _turns(**limits: float) -> Turns:
    return Turns("test", threads=1, limits=Limits(**limits))  # type: ignore[arg-type]


def test_who_asks_for_much_does_not_hold_up_who_asks_for_little() -> None:
    done: list[str] = []

    async def scene() -> None:
        turns = _turns()

        async def ask(client: str, name: str) -> None:
            def work() -> None:
                time.sleep(0.002)
                done.append(name)

            await turns.run(client, work, gone=_stays)

        greedy = [ask("greedy", f"greedy {n}") for n in range(20)]
        await asyncio.gather(*greedy, *[ask("modest", f"modest {n}") for n in range(2)])

    asyncio.run(scene())
    assert len(done) == 22
    assert done.index("modest 0") <= 2
    assert done.index("modest 1") <= 4


def test_beyond_the_limits_a_client_is_told_when_to_ask_again() -> None:
    async def scene() -> tuple[list[int], list[int | None]]:
        turns = _turns(waiting=6, waiting_each=4)
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

        async def ask(client: str) -> Refusal | None:
            try:
                await turns.run(client, work, gone=_stays)
            except Refusal as refusal:
                return refusal
            return None

        asked = [asyncio.create_task(ask("one")) for _ in range(6)]
        asked += [asyncio.create_task(ask("two")) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert turns.waiting == 6
        release.set()
        refusals = [refusal for refusal in await asyncio.gather(*asked) if refusal is not None]
        return [one.status for one in refusals], [one.retry_after_s for one in refusals]

    statuses, waits = asyncio.run(scene())
    assert statuses == [429, 503]  # the sixth of one client; the seventh of all
    assert all(wait is not None and wait >= 1 for wait in waits)


def test_who_waits_too_long_is_told_and_the_line_goes_on() -> None:
    async def scene() -> None:
        turns, release = _turns(wait_s=0.05), threading.Event()
        first = asyncio.create_task(turns.run("a", release.wait, gone=_stays))
        await asyncio.sleep(0.01)
        with pytest.raises(Refusal, match="busy") as refusal:
            await turns.run("b", lambda: None, gone=_stays)
        assert refusal.value.status == 503
        release.set()
        await first
        assert turns.waiting == 0
        assert await turns.run("b", lambda: 7, gone=_stays) == 7

    asyncio.run(scene())


def test_nothing_is_worked_for_who_left_and_a_failure_frees_its_turn() -> None:
    done: list[int] = []

    async def scene() -> None:
        turns = _turns()
        with pytest.raises(Refusal, match="left"):
            await turns.run("a", lambda: done.append(1), gone=_left)
        with pytest.raises(ZeroDivisionError):
            await turns.run("a", lambda: 1 // 0, gone=_stays)
        cancelled = [
            asyncio.create_task(turns.run("a", lambda: time.sleep(0.05), gone=_stays))
            for _ in range(3)
        ]
        await asyncio.sleep(0.01)
        for task in cancelled:
            task.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)
        assert await turns.run("b", lambda: 7, gone=_stays) == 7
        assert turns.waiting == 0

    asyncio.run(scene())
    assert done == []
