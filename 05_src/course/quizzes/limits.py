"""How often somebody may knock: a bucket for each, which empties with each try and fills again with time."""

import ipaddress
from collections import OrderedDict

__all__ = ["Limit", "neighbours"]


class Limit:
    """Tries for many people, in bounded memory: who was not seen for longest is forgotten first.

    Parameters
    ----------
    burst : int
        Tries at once.
    per_second : float
        Tries that come back each second.
    most : int
        People who are remembered.
    """

    def __init__(self, burst: int, per_second: float, most: int = 10_000):
        self._burst, self._per_second, self._most = burst, per_second, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, who: str, now: float) -> float:
        """Say how long somebody has to wait for the next try; nothing is used up.

        Parameters
        ----------
        who : str
            The person.
        now : float
            Seconds of a clock that only goes forward.

        Returns
        -------
        float
            Seconds; 0 if there is a try left.
        """
        return max(0.0, (1 - self._left(who, now)) / self._per_second)

    def use(self, who: str, now: float) -> float:
        """Use up a try, if there is one.

        Parameters
        ----------
        who : str
            The person.
        now : float
            Seconds of a clock that only goes forward.

        Returns
        -------
        float
            Seconds to wait; 0 if there was a try.
        """
        wait = self.wait(who, now)
        if not wait:
            self._buckets[who] = (self._left(who, now) - 1, now)
            self._buckets.move_to_end(who)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait

    def _left(self, who: str, now: float) -> float:
        left, then = self._buckets.get(who, (float(self._burst), now))
        return min(float(self._burst), left + (now - then) * self._per_second)


def neighbours(address: str) -> str:
    """Name the network whose tries are counted together: one IPv4 address, or the 64 bits that one IPv6 line has.

    Parameters
    ----------
    address : str
        Of a client.

    Returns
    -------
    str
        The address or network; the text itself if it is no address.

    Examples
    --------
    >>> neighbours("192.0.2.7"), neighbours("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if read.version == 4 else str(ipaddress.ip_network((read, 64), strict=False))
