"""When a learner may answer a quiz: by the cohort's calendar, the learner's extension, and the server's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from course.cohort.calendar import due, opens
from course.cohort.plan import Cohort, weekday_name

__all__ = ["Hours", "hours_of", "told"]

_READABLE = timedelta(days=60)  # how long a link shows the learner's own answers after the quiz


@dataclass(frozen=True)
class Hours:
    """The moments of one learner's quiz.

    Parameters
    ----------
    opens : datetime
        From when it can be answered.
    due : datetime
        The last moment of this learner.
    over : datetime
        The last moment of everybody: after it, explanations are shown. Nobody can pass them on to somebody who still
        has time.
    """

    opens: datetime
    due: datetime
    over: datetime

    def phase(self, now: datetime) -> str:
        """What can be done now.

        Parameters
        ----------
        now : datetime
            With a time zone.

        Returns
        -------
        str
            "early", "open", "closed" (own answers without the key), "explained", or "expired" 60 days later.
        """
        if now < self.opens:
            return "early"
        if now <= self.due:
            return "open"
        if now <= self.over:
            return "closed"
        return "explained" if now <= self.over + _READABLE else "expired"


def hours_of(cohort: Cohort, quiz: str, learner: str) -> Hours:
    """Work out the moments of one learner's quiz.

    Parameters
    ----------
    cohort : Cohort
        With its extensions.
    quiz : str
        Such as "quiz_2".
    learner : str
        By the name of the list of learners.

    Returns
    -------
    Hours
        With UTC offsets.

    Raises
    ------
    DataError
        If there is no such quiz.
    """
    extended = (due(cohort, quiz, each.learner) for each in cohort.extensions if each.item == quiz)
    return Hours(opens(cohort, quiz), due(cohort, quiz, learner), max([due(cohort, quiz), *extended]))


def told(moment: datetime, cohort: Cohort, *, seconds: bool = False) -> str:
    """Write a moment for people, with the name of the time zone.

    Parameters
    ----------
    moment : datetime
        With a time zone.
    cohort : Cohort
        Whose clocks count.
    seconds : bool
        Whether to say the seconds.

    Returns
    -------
    str
        In English, whatever this machine's language.

    Examples
    --------
    >>> from datetime import UTC
    >>> from course.cohort.reading import cohort_path, read_cohort
    >>> from mlsd import settings
    >>> told(datetime(2026, 1, 19, 4, 59, tzinfo=UTC), read_cohort(cohort_path(settings.root())))
    'Sunday 18 January 2026, 23:59 (EST, America/Toronto)'
    """
    local = moment.astimezone(cohort.time_zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    day = f"{weekday_name(local.date())} {local.day} {_MONTHS[local.month - 1]} {local.year}"
    zone = f"{local.tzname()}, {cohort.time_zone.key}"
    return f"{day}, {clock} ({zone})"


_MONTHS: tuple[str, ...] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
)
_MONTHS += ("November", "December")
