"""What an account uses: everything that is read of it, in every Region at once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from botocore.config import Config

from notifier.errors import TIMEOUTS
from notifier.sources.findings import OUT_OF_TIME, Findings
from notifier.sources.inventory import DETAILED, LISTINGS, read_details, read_listing
from notifier.sources.metrics import look_back, read_calls
from notifier.usage import INVOKABLE, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from boto3 import Session
    from botocore.client import BaseClient

    from notifier.usage import ReadFailure, Reading, ReadingRequest

# For each API of each Region, of which there may be forty.
_AT_ONCE = 2
# Twice at most: where nothing answers, the time given must do for more than this one call.
_CALLS = Config(
    connect_timeout=3,
    read_timeout=8,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_NO_ANSWER = TIMEOUTS | {"EndpointConnectionError"}
# For many calls of one kind: once it is throttled, the client spaces them out.
_SPACED_CALLS = _CALLS.merge(Config(retries={"mode": "adaptive", "total_max_attempts": 3}))


class _Clients(NamedTuple):
    """The clients of one Region. `details` ask the API of `agents`, one thing at a time."""

    bedrock: BaseClient
    agents: BaseClient
    details: BaseClient
    metrics: BaseClient


class Usage:
    """Bedrock and CloudWatch in many Regions: their clients are made once and kept."""

    def __init__(self, session: Session) -> None:
        """Take the session that makes the clients."""
        self._session = session
        self._clients: dict[str, _Clients] = {}

    def read(
        self, requests: Sequence[ReadingRequest], now: datetime, seconds: float
    ) -> dict[str, dict[Source, Reading]]:
        """Read all that is asked for at once; what is not done in time is given as far as it is.

        It never raises for an answer: each source of each Region has its own failure.
        """
        self.prepare(request.region for request in requests)
        under_way = _UnderWay(self._clients, now)
        try:
            under_way.start(requests)
            return under_way.readings(seconds)
        finally:
            under_way.leave()

    def prepare(self, regions: Iterable[str]) -> None:
        """Make the clients that are missing: a session must not do so in several threads."""
        for region in regions:
            if region not in self._clients:
                self._clients[region] = self._make_clients(region)

    def _make_clients(self, region: str) -> _Clients:
        client = partial(self._session.client, region_name=region)
        return _Clients(
            bedrock=client("bedrock", config=_CALLS),
            agents=client("bedrock-agent", config=_CALLS),
            details=client("bedrock-agent", config=_SPACED_CALLS),
            metrics=client("cloudwatch", config=_CALLS),
        )


class _Read(NamedTuple):
    """One source of one Region: what was found so far, and whether that is all."""

    findings: Findings
    done: Future[None]


class _Lane:
    """One API of one Region, with threads of its own: when it hangs, it holds up no other.

    Once it gave no answer at all, what has not begun yet fails as that did, without a call: to
    wait for each in turn would cost the whole time given.
    """

    def __init__(self, stop: Event) -> None:
        """Take what says that nobody waits any more."""
        self._stop = stop
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._silence: ReadFailure | None = None

    def start(self, source: Source, work: Callable[[Findings], None]) -> _Read:
        """Read a source as soon as there is a thread for it."""
        findings = Findings(self._stop)

        def read() -> None:
            if self._stop.is_set():
                findings.failures.append(OUT_OF_TIME)
                return
            if self._silence is not None:
                findings.failures.append(self._silence)
                return
            # Whatever happens: a source that was not read must never pass for an empty one.
            with findings.attempt(source):
                work(findings)
            self._silence = self._silence or _silence(findings)

        return _Read(findings, self._threads.submit(read))

    def leave(self) -> None:
        """Wait for nothing; what has not begun ends as soon as it does.

        It is not cancelled: whoever waits for something that is cancelled here waits for ever, and
        at its end the process waits for that thread.
        """
        self._threads.shutdown(wait=False)


def _silence(findings: Findings) -> ReadFailure | None:
    """Give the failure of an API that did not answer, unless it did at first."""
    if findings.resources:
        return None
    return next((one for one in findings.failures if one.code in _NO_ANSWER), None)


@dataclass
class _UnderWay:
    """One refresh: its threads, and what each of them reads."""

    clients: Mapping[str, _Clients]
    now: datetime
    stop: Event = field(default_factory=Event)
    lanes: list[_Lane] = field(default_factory=list)
    reads: dict[tuple[str, Source], _Read] = field(default_factory=dict)

    def start(self, requests: Sequence[ReadingRequest]) -> None:
        """Start to read everything. Invocations come last: they wait for what others find."""
        for request in requests:
            self._start(self._listing, request, LISTINGS.keys())
            self._start(self._details, request, DETAILED.keys())
            self._start(self._invocations, request, {Source.INVOCATIONS})

    def readings(self, seconds: float) -> dict[str, dict[Source, Reading]]:
        """Wait for so long at most, and give what there is then."""
        finished = wait([read.done for read in self.reads.values()], seconds).done
        found: dict[str, dict[Source, Reading]] = {}
        for (region, source), read in self.reads.items():
            reading = read.findings.reading(finished=read.done in finished)
            found.setdefault(region, {})[source] = reading
        return found

    def leave(self) -> None:
        """Let no further call begin, and wait for none that is still under way."""
        self.stop.set()
        for lane in self.lanes:
            lane.leave()

    def _start(
        self,
        work: Callable[[ReadingRequest, Source, Findings], None],
        request: ReadingRequest,
        sources: Collection[Source],
    ) -> None:
        """Start what is asked for of the sources of one API."""
        lane = _Lane(self.stop)
        self.lanes.append(lane)
        for source in sorted(request.sources & {*sources}):
            self.reads[request.region, source] = lane.start(source, partial(work, request, source))

    def _listing(self, request: ReadingRequest, source: Source, findings: Findings) -> None:
        read_listing(self.clients[request.region].bedrock, source, findings, self.now)

    def _details(self, request: ReadingRequest, source: Source, findings: Findings) -> None:
        clients, known = self.clients[request.region], request.known.get(source, {})
        read_details(clients.agents, clients.details, source, findings, known)

    def _invocations(self, request: ReadingRequest, _: Source, findings: Findings) -> None:
        client = self.clients[request.region].metrics
        read_calls(client, findings, self.now)
        ids = {*request.look_back, *self._invokable(request.region)} - request.looked_back
        look_back(client, findings, ids, request.look_back_days, self.now)

    def _invokable(self, region: str) -> Iterator[str]:
        """Wait for the listings of what can be invoked, and give by what.

        They are all under way before this is asked, in threads other than this one. So it cannot
        wait for something that waits for this thread.
        """
        reads = [
            self.reads[region, source] for source in INVOKABLE if (region, source) in self.reads
        ]
        wait([read.done for read in reads])
        for read in reads:
            for resource in read.findings.resources:
                yield from filter(None, (resource.arn, resource.id))
