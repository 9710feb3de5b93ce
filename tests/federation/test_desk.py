"""The desk where letters are signed: alone or many at once, each gets its own."""

import asyncio

from federation._desk import Desk


async def test_the_desk_gives_each_its_own_result() -> None:
    desk = Desk(threads=2)
    assert await asyncio.gather(*(desk.run(lambda n=n: n * n) for n in range(9))) == [n * n for n in range(9)]
    desk.close()


async def test_a_failure_at_the_desk_is_the_failure_of_the_one_who_asked() -> None:
    desk = Desk(threads=2)
    results = await asyncio.gather(
        desk.run(lambda: 1 // 0), desk.run(lambda: 1), desk.run(lambda: 2), return_exceptions=True
    )
    assert [type(result) for result in results] == [ZeroDivisionError, int, int]
    desk.close()


async def test_one_who_does_not_wait_any_longer_harms_nobody_at_the_desk() -> None:
    desk = Desk(threads=2)
    impatient = asyncio.ensure_future(desk.run(lambda: 1))
    patient = asyncio.ensure_future(desk.run(lambda: 2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 2
    desk.close()
