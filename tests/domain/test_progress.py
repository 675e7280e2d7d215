"""Work that nobody watches tells its progress to nobody."""

from app.backend.domain.progress import Progress, Step, silent


def test_silence_takes_every_step() -> None:
    """The silent listener fits wherever one is wanted, whether the end is known or not."""
    listener: Progress = silent
    for step in (Step("read", 0), Step("read", 3, 7)):
        listener(step)


def test_a_listener_hears_each_step() -> None:
    """Anything that takes a step is a listener."""
    heard: list[Step] = []
    listener: Progress = heard.append
    listener(Step("fit", 1, 2))
    assert heard == [Step("fit", done=1, total=2)]
