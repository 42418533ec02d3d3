"""Quotas: which of Service Quotas' names is certainly a model's, and what is said of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.capacity import Capacity, Peak, Quota, capacity_line, match_quotas

SONNET = ("Claude Sonnet 4.5", "Anthropic", "anthropic.claude-sonnet-4-5-20250929-v1:0")
SONNET_35 = ("Claude 3.5 Sonnet", "Anthropic", "anthropic.claude-3-5-sonnet-20240620-v1:0")
SONNET_35_V2 = ("Claude 3.5 Sonnet v2", "Anthropic", "anthropic.claude-3-5-sonnet-20241022-v2:0")
SONNET_46 = ("Claude Sonnet 4.6", "Anthropic", "anthropic.claude-sonnet-4-6")
OPUS_46 = ("Claude Opus 4.6", "Anthropic", "anthropic.claude-opus-4-6-v1")
NOVA = ("Nova Micro", "Amazon", "amazon.nova-micro-v1:0")
MISTRAL = ("Mistral Large 3", "Mistral AI", "mistral.mistral-large-3-675b-instruct")
MISTRAL_7B = ("Mistral 7B Instruct", "Mistral AI", "mistral.mistral-7b-instruct-v0:2")
QWEN = ("Qwen3 235B A22B 2507", "Qwen", "qwen.qwen3-235b-a22b-2507-v1:0")
TITAN_2 = ("Titan Embeddings", "Amazon", "amazon.titan-embeddings-v2:0")

# As Service Quotas spelled them in 2026.
ACROSS = "Cross-region model inference tokens per minute for"
GLOBAL = "Global cross-region model inference tokens per minute for"
HERE = "On-demand model inference tokens per minute for"


def tokens(
    model: tuple[str, str, str], *quotas: tuple[str, float], cross_region: bool = True
) -> float | None:
    found = match_quotas(*model, [Quota(*one) for one in quotas], cross_region=cross_region)
    return found.tokens_quota


@pytest.mark.parametrize(
    ("model", "quota", "cross_region"),
    [
        pytest.param(
            SONNET, f"{ACROSS} Anthropic Claude Sonnet 4.5 V1", True, id="with the id's version"
        ),
        pytest.param(SONNET, f"{ACROSS} Anthropic Claude Sonnet 4.5", True, id="without it"),
        pytest.param(SONNET_46, f"{ACROSS} Anthropic Claude Sonnet 4.6", True, id="it has none"),
        pytest.param(
            OPUS_46, f"{ACROSS} Anthropic Claude Opus 4.6 V1", True, id="a version alone, no :0"
        ),
        pytest.param(
            SONNET_35_V2,
            "Cross-Region model inference tokens per minute for Anthropic Claude 3.5 Sonnet V2",
            True,
            id="the version stands in the name; Region is written large",
        ),
        pytest.param(NOVA, f"{HERE} Amazon Nova Micro", False, id="on demand"),
        pytest.param(MISTRAL, f"{HERE} Mistral Large 3", False, id="without the provider"),
        pytest.param(MISTRAL_7B, f"{HERE} Mistral AI Mistral 7B Instruct", False, id="version 0"),
        pytest.param(QWEN, f"{HERE} Qwen3 235B a22b 2507 V1", False, id="other capitals"),
        pytest.param(NOVA, f"  {HERE}   Amazon  Nova\tMicro ", False, id="other spaces"),
        pytest.param(
            NOVA,
            "On-demand InvokeModel tokens per minute for Amazon Nova Micro",
            False,
            id="as the user guide spells it",
        ),
    ],
)
def test_a_quota_with_exactly_the_models_name_is_its_own(
    model: tuple[str, str, str],
    quota: str,
    cross_region: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    assert tokens(model, (quota, 5.0), cross_region=cross_region) == 5.0
    assert tokens(model, (quota, 5.0), cross_region=not cross_region) is None


@pytest.mark.parametrize(
    ("model", "quota"),
    [
        pytest.param(SONNET, f"{GLOBAL} Anthropic Claude Sonnet 4.5 V1", id="global profiles"),
        pytest.param(
            SONNET,
            f"{ACROSS} Anthropic Claude Sonnet 4.5 V1 1M Context Length",
            id="a context variant",
        ),
        pytest.param(SONNET, f"{ACROSS} Anthropic Claude Sonnet 4", id="a shorter name"),
        pytest.param(SONNET, f"{ACROSS} Anthropic Claude Sonnet 4.5 V2", id="another version"),
        pytest.param(
            SONNET_46, f"{ACROSS} Anthropic Claude Sonnet 4.6 V1", id="a version too much"
        ),
        pytest.param(
            SONNET_35, f"{ACROSS} Anthropic Claude 3.5 Sonnet V2", id="the second version"
        ),
        pytest.param(
            ("Claude 3.5 Sonnet", *SONNET_35_V2[1:]),
            f"{ACROSS} Anthropic Claude 3.5 Sonnet",
            id="the first version's name for the second",
        ),
        pytest.param(TITAN_2, f"{ACROSS} Amazon Titan Embeddings", id="a name without its version"),
        pytest.param(SONNET, f"{ACROSS} Other Claude Sonnet 4.5", id="another provider"),
        pytest.param(
            SONNET,
            "Cross-region model inference tokens per day for Anthropic Claude Sonnet 4.5",
            id="tokens per day",
        ),
        pytest.param(("", "", ""), f"{ACROSS} ", id="a model without a name"),
        pytest.param((" ", "Anthropic", ""), f"{ACROSS} Anthropic", id="only a provider"),
    ],
)
def test_a_name_that_is_only_similar_is_never_taken(
    model: tuple[str, str, str], quota: str
) -> None:
    assert tokens(model, (quota, 5.0)) is None


def test_two_names_of_a_model_with_different_values_are_not_certain() -> None:
    one, other = f"{ACROSS} Anthropic Claude Sonnet 4.5", f"{ACROSS} Claude Sonnet 4.5 V1"

    assert tokens(SONNET, (one, 5.0), (other, 6.0)) is None
    assert tokens(SONNET, (one, 5.0), (one, 6.0)) is None
    assert tokens(SONNET, (one, 5.0), (other, 5.0)) == 5.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_a_value_that_is_no_quota_is_not_taken(value: float) -> None:
    assert tokens(SONNET_46, (f"{ACROSS} Anthropic Claude Sonnet 4.6", value)) is None


def test_a_quota_of_zero_is_one() -> None:
    assert tokens(SONNET_46, (f"{ACROSS} Anthropic Claude Sonnet 4.6", 0.0)) == 0.0


def test_tokens_and_requests_are_matched_each_by_itself() -> None:
    requests = Quota("On-demand model inference requests per minute for Amazon Nova Micro", 9.0)
    both = [requests, Quota(f"{HERE} Amazon Nova Micro", 5.0)]

    assert match_quotas(*NOVA, both, cross_region=False) == Capacity(9.0, 5.0)
    assert match_quotas(*NOVA, [requests], cross_region=False) == Capacity(9.0)
    assert match_quotas(*NOVA, [], cross_region=True) == Capacity(cross_region=True)


CAVEAT = "(each token counted once; some models count one of output several times)"


@pytest.mark.parametrize(
    ("capacity", "suffices", "line"),
    [
        pytest.param(
            Capacity(None, 2_000_000.0, Peak(20, 1_500_000), cross_region=True),
            True,
            "Enough so far as can be seen: the cross-Region quota of Sonnet, 2,000,000 tokens a"
            f" minute, covers your busiest minute of 1,500,000 tokens {CAVEAT}.",
            id="the quota is enough",
        ),
        pytest.param(
            Capacity(10.0, 1_500_000.0, Peak(10, 1_500_000)),
            True,
            "Enough so far as can be seen: the on-demand quota of Sonnet, 1,500,000 tokens a"
            f" minute, covers your busiest minute of 1,500,000 tokens {CAVEAT}.",
            id="it is just enough",
        ),
        pytest.param(
            Capacity(1_000.0, 1_499_999.0, Peak(20, 1_500_000)),
            False,
            "Request an increase: the on-demand quota of Sonnet, 1,499,999 tokens a minute, is"
            f" below your busiest minute of 1,500,000 tokens {CAVEAT}.",
            id="it is just too small",
        ),
        pytest.param(
            Capacity(None, 0.0, Peak(1, 1)),
            False,
            "Request an increase: the on-demand quota of Sonnet, 0 tokens a minute, is below your"
            f" busiest minute of 1 tokens {CAVEAT}.",
            id="a new account may have a quota of zero",
        ),
        pytest.param(
            Capacity(50.0, 2_000.0, Peak(51, 1_000)),
            True,
            "Enough so far as can be seen: the on-demand quota of Sonnet, 2,000 tokens a minute,"
            f" covers your busiest minute of 1,000 tokens {CAVEAT}; 51 requests in a minute are"
            " above its 50, a quota that AWS says it no longer enforces.",
            id="only its quota of requests is too small",
        ),
        pytest.param(
            Capacity(50.0, 2_000.0),
            None,
            "Compare the on-demand quota of Sonnet, 2,000 tokens a minute, with your busiest"
            " minute, which could not be read, and request an increase if it is too small.",
            id="the busiest minute is not known",
        ),
        pytest.param(
            Capacity(50.0, None, Peak(1, 1), cross_region=True),
            None,
            "Request quota for Sonnet: its cross-Region tokens per minute could not be matched"
            " with certainty in Service Quotas.",
            id="the quota of tokens is not known",
        ),
    ],
)
def test_what_is_said_of_the_quotas(
    capacity: Capacity,
    suffices: bool | None,  # noqa: FBT001 (a column of the table)
    line: str,
) -> None:
    assert capacity.suffices is suffices
    assert capacity_line("Sonnet", capacity) == line


def test_a_name_from_outside_is_made_plain() -> None:
    assert capacity_line("A\u202e\nB", Capacity()).startswith("Request quota for A B: ")
    assert capacity_line("\u202e", Capacity()).startswith("Request quota for the successor: ")


texts = st.text(max_size=30)
quotas = st.builds(Quota, texts | st.sampled_from([f"{HERE} a", f"{ACROSS} b"]), st.floats())
peaks = st.none() | st.builds(Peak, st.integers(0), st.integers(0))


@given(texts, texts, texts, st.lists(quotas, max_size=5), st.booleans(), peaks)
def test_whatever_the_texts_the_answer_is_one_line(  # noqa: PLR0913, PLR0917 (each drawn)
    name: str,
    provider: str,
    model_id: str,
    listed: list[Quota],
    cross_region: bool,  # noqa: FBT001 (drawn)
    peak: Peak | None,
) -> None:
    found = match_quotas(name, provider, model_id, listed, cross_region=cross_region)
    line = capacity_line(name, found._replace(peak=peak))

    assert line.endswith(".")
    assert line.isprintable() or "\n" not in line
    assert found.tokens_quota in {None, *(one.value for one in listed)}
