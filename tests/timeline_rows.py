"""Plausible rows for the timeline, as many models as are asked for: the same ones each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from notifier.model import Announced, Dates
from tests.core.cases import at, called, lifecycle, row

if TYPE_CHECKING:
    from notifier.model import Lifecycle, TrackedModel

TODAY: Final = date(2026, 11, 28)
_REGIONS: Final = (
    "us-east-1",
    "us-west-2",
    "eu-central-1",
    "eu-west-1",
    "ap-northeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "sa-east-1",
    "us-east-2",
    "eu-north-1",
    "ap-south-1",
    "us-gov-west-1",
)
_FAMILIES: Final = (
    ("anthropic", "Anthropic", "Claude Sonnet"),
    ("meta", "Meta", "Llama Instruct"),
    ("amazon", "Amazon", "Nova Premier"),
    ("cohere", "Cohere", "Command R+"),
    ("mistral", "Mistral AI", "Mistral Large"),
    ("stability", "Stability AI", "Stable Image Control Structure"),
    ("twelvelabs", "TwelveLabs", "Marengo Embed"),
)


def some_rows(models: int) -> list[TrackedModel]:
    """Give the rows of so many models: phases, Regions and use are mixed."""
    return [one for number in range(models) for one in _rows_of(number)]


def _rows_of(number: int) -> list[TrackedModel]:
    vendor, provider, family = _FAMILIES[number % len(_FAMILIES)]
    version = f"{number // len(_FAMILIES) + 1}.{number % 3}"
    model_id = f"{vendor}.{family.lower().replace(' ', '-')}-{version}-v1:0"
    regions = _REGIONS[number % 5 :][: 1 + number * 5 % 12]
    in_use = (True, False, None, False)[number % 4]
    rows = [
        row(
            model_id,
            region,
            life=_life(number),
            now=at(TODAY.isoformat()),
            in_use=in_use if region == regions[0] or not in_use else False,
            name=f"{family} {version}",
            provider=provider,
            use=called("2026-11-26", invocations_14d=18_234 + number) if in_use else None,
        )
        for region in regions
    ]
    if number % 6 == 0 and len(rows) > 1:
        rows[-1] = replace(rows[-1], lifecycle=_life(number + 30))
    if number % 7 == 3:
        rows = [_said_by_health(one) for one in rows]
    return rows


def _life(number: int) -> Lifecycle:
    """Give a life of one of the kinds that there are: undated, dated, over, or half known."""
    launched_on = TODAY - timedelta(days=200 + number * 37 % 1_900)
    legacy_on = TODAY + timedelta(days=number * 29 % 500 - 300)
    extended_on, ends_on = legacy_on + timedelta(days=90), legacy_on + timedelta(days=180)
    kinds = (
        lifecycle(),
        lifecycle(
            "LEGACY" if legacy_on < TODAY else "ACTIVE",
            f"{legacy_on}",
            f"{extended_on}",
            f"{ends_on}",
        ),
        lifecycle("ACTIVE", None, None, f"{ends_on + timedelta(days=300)}"),
        lifecycle("LEGACY" if legacy_on < TODAY else "ACTIVE", f"{legacy_on}", None, f"{ends_on}"),
        lifecycle("LEGACY"),
    )
    life = kinds[number % len(kinds)]
    launch = None if number % 11 == 5 else at(launched_on.isoformat())
    return life._replace(start_of_life_at=launch)


def _said_by_health(one: TrackedModel) -> TrackedModel:
    dates = Dates(end_of_life=TODAY + timedelta(days=133))
    return replace(one, announced=Announced(dates, one.dates, TODAY, one.told.seq))


HOSTILE: Final = (
    "\"><script>document.title='owned'</script>",
    "]]></title></text></svg><b>x",
    "<img src=x onerror=\"document.title='owned'\">",
    "a\x00b\x1b[31m\x08c\x85d\ufffe",
    "\u202eevil\u2066 \u200fname",
    "lone \ud800 surrogate",
    "x" * 500,
    "漢字で書かれたとても長いモデルの名前" * 3,
    "Z\u0351\u036b\u0353\u032a\u0302\u036b\u033d" * 20,
    "\ufdfa \ufdfd",
    "😀" * 40,
    "W" * 40,
    "דגם שפה גדול",
    " ",
)
"""What somebody may call a model so that it breaks out of its place, or that is merely odd."""


def hostile_rows() -> list[TrackedModel]:
    """Give rows that are called by hostile names everywhere, with absurd dates."""
    lives = (
        lifecycle("ACTIVE", None, None, "2099-01-01")._replace(start_of_life_at=at("1970-01-01")),
        lifecycle("ACTIVE", "2026-12-01", None, "1970-01-01"),
        lifecycle("<b>LEGACY", None, None, "2027-01-01")._replace(
            start_of_life_at=at("2098-01-01")
        ),
        lifecycle("LEGACY", "2028-01-01", "2027-01-01", "2026-12-01"),
    )
    return [
        row(
            f"{name}|{number}",
            (name, "us-east-1")[number % 2],
            life=lives[number % len(lives)],
            now=at(TODAY.isoformat()),
            in_use=(True, None, True)[number % 3],
            name=name,
            provider=name,
        )
        for number, name in enumerate(HOSTILE)
    ]
