"""What an account uses: everything that is read of it, in every Region at once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.config import Config

from notifier.sources.findings import Findings
from notifier.sources.inventory import DETAILED, LISTINGS, read_details, read_listing
from notifier.sources.metrics import look_back, read_calls
from notifier.usage import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from boto3 import Session
    from botocore.client import BaseClient

    from notifier.usage import Reading, ReadingRequest, Resource

_WORKERS = 32
_CALLS = Config(
    connect_timeout=3,
    read_timeout=8,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 3},
)
# For many calls of one kind: once it is throttled, the client spaces them out.
_SPACED_CALLS = _CALLS.merge(Config(retries={"mode": "adaptive", "total_max_attempts": 3}))

# By what these may be invoked, and so be counted in CloudWatch.
_INVOKED_BY: Final[Mapping[Source, Callable[[Resource], tuple[str, ...]]]] = {
    Source.SYSTEM_PROFILES: lambda profile: (profile.id,),
    Source.APPLICATION_PROFILES: lambda profile: (profile.id, profile.arn),
    Source.PROVISIONED_THROUGHPUT: lambda throughput: (throughput.arn,),
    Source.CUSTOM_MODEL_DEPLOYMENTS: lambda deployment: (deployment.arn,),
}


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
        # Here, not when they are needed: a session must not make them in several threads.
        for request in requests:
            if request.region not in self._clients:
                self._clients[request.region] = self._make_clients(request.region)
        under_way = _UnderWay(self._clients, now)
        try:
            under_way.start(requests)
            return under_way.readings(seconds)
        finally:
            under_way.leave()

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


@dataclass
class _UnderWay:
    """One refresh: its threads, and what each of them reads."""

    clients: Mapping[str, _Clients]
    now: datetime
    stop: Event = field(default_factory=Event)
    # Apart, so that what waits for a throttled API holds up nothing but its like.
    details: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_WORKERS))
    others: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_WORKERS))
    reads: dict[tuple[str, Source], _Read] = field(default_factory=dict)

    def start(self, requests: Sequence[ReadingRequest]) -> None:
        """Start to read everything. Invocations come last: they wait for what others find."""
        for request in requests:
            for source in sorted(request.sources & LISTINGS.keys()):
                self._start(self.others, self._listing, request, source)
            for source in sorted(request.sources & DETAILED.keys()):
                self._start(self.details, self._details, request, source)
        for request in requests:
            if Source.INVOCATIONS in request.sources:
                self._start(self.others, self._invocations, request, Source.INVOCATIONS)

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
        for pool in (self.details, self.others):
            pool.shutdown(wait=False, cancel_futures=True)

    def _start(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[ReadingRequest, Source, Findings], None],
        request: ReadingRequest,
        source: Source,
    ) -> None:
        findings = Findings(self.stop)

        def read() -> None:
            # Whatever happens: a source that was not read must never pass for an empty one.
            with findings.attempt(source):
                work(request, source, findings)

        self.reads[request.region, source] = _Read(findings, pool.submit(read))

    def _listing(self, request: ReadingRequest, source: Source, findings: Findings) -> None:
        read_listing(self.clients[request.region].bedrock, source, findings, self.now)

    def _details(self, request: ReadingRequest, source: Source, findings: Findings) -> None:
        clients, known = self.clients[request.region], request.known.get(source, {})
        read_details(clients.agents, clients.details, source, findings, known)

    def _invocations(self, request: ReadingRequest, _: Source, findings: Findings) -> None:
        client = self.clients[request.region].metrics
        read_calls(client, findings, self.now)
        if request.look_back and not self.stop.is_set():
            ids = {*request.look_back, *self._invokable(request.region)}
            look_back(client, findings, ids, request.look_back_days, self.now)

    def _invokable(self, region: str) -> Iterator[str]:
        """Wait for the listings of what can be invoked, and give by what.

        They are all under way before this is asked: the pool takes up work in the order in which
        it came. So it cannot wait for something that waits for this thread.
        """
        reads = {source: self.reads.get((region, source)) for source in _INVOKED_BY}
        wait([read.done for read in reads.values() if read])
        for source, read in reads.items():
            for resource in read.findings.resources if read else ():
                yield from _INVOKED_BY[source](resource)
