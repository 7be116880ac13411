"""What a server tells Prometheus: requests, rows, seconds, versions, and records that were dropped."""

import os
from typing import Any

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters of one application. Several workers count together where PROMETHEUS_MULTIPROC_DIR names a folder.

    Attributes
    ----------
    requests, rows, seconds, challenger, dropped, swaps, version : prometheus_client metrics
        By path and status code; by row status; by path; by what became of it; and without labels.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self._registry}
        self.requests = Counter("mlsd_requests_total", "Requests answered", ["path", "code"], **own)
        self.rows = Counter("mlsd_rows_total", "Rows answered, by ok, rejected or error", ["status"], **own)
        self.seconds = Histogram("mlsd_request_seconds", "Seconds to answer", ["path"], buckets=SECONDS, **own)
        told = "Rows for a challenger, by answered, fell_back (the champion answered), shadowed, failed or dropped"
        self.challenger = Counter("mlsd_challenger_rows_total", told, ["became"], **own)
        self.dropped = Counter("mlsd_record_dropped_rows_total", "Rows that could not be recorded", **own)
        self.swaps = Counter("mlsd_model_swaps_total", "Times that another version took over", **own)
        self.version = Gauge(
            "mlsd_model_version", "The version that is served", ["model"], multiprocess_mode="mostrecent", **own
        )

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return bytes(generate_latest(self._registry))
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)
        return bytes(generate_latest(everyone))
