"""Where a text names models, and where it only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_lifecycle.mentions import Vocabulary, mentions, vocabulary
from notifier.usage import Reading, RegionUsage, Resource, Source
from tests.core.cases import EAST, row

SONNET, HAIKU = "anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-haiku-4-5"
NOVA, GPT, LLAMA = "amazon.nova-premier-v1:0", "openai.gpt-oss-120b-1:0", "meta.llama4-scout"
APPLICATION = f"arn:aws:bedrock:{EAST}:123456789012:application-inference-profile/a1b2c3"


def known() -> Vocabulary:
    models = [
        SONNET,
        HAIKU,
        NOVA,
        GPT,
        LLAMA,
        "writer.palmyra-x5-v1:0",
        "stability.sd3-5-large-v1:0",
    ]
    profiles = Reading((Resource("arn:p", "US", (SONNET,), f"us.{SONNET}", depends=False),))
    own = Reading((Resource(APPLICATION, "checkout", (SONNET,), "a1b2c3"),))
    readings = {Source.SYSTEM_PROFILES: profiles, Source.APPLICATION_PROFILES: own}
    return vocabulary([row(one) for one in models], {EAST: RegionUsage(EAST, readings=readings)})


KNOWN = known()


def named(text: str) -> list[str]:
    return [one.text for one in mentions("file", text, KNOWN)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param(f'model_id = "{SONNET}"', [SONNET], id="Python"),
        pytest.param(f"modelId: {SONNET}", [SONNET], id="YAML"),
        pytest.param(f"{SONNET}: 5", [SONNET], id="a key in YAML"),
        pytest.param(f'{{"m":"{SONNET}","n":"{NOVA}"}}', [SONNET, NOVA], id="JSON, two of them"),
        pytest.param(f"MODEL={HAIKU}", [HAIKU], id="an environment file"),
        pytest.param(f"`{NOVA}`.", [NOVA], id="Markdown"),
        pytest.param(f"Use {HAIKU}.", [HAIKU], id="at the end of a sentence"),
        pytest.param(f"bedrock/{SONNET}", [SONNET], id="as LiteLLM writes it"),
        pytest.param(f"bedrock:{SONNET}", [SONNET], id="as others write it"),
        pytest.param(f"us.{SONNET}", [f"us.{SONNET}"], id="an inference profile"),
        pytest.param(f"eu.{SONNET}", [f"eu.{SONNET}"], id="a profile that is not listed"),
        pytest.param(f"{NOVA}:8k", [f"{NOVA}:8k"], id="a context variant"),
        pytest.param(f"{HAIKU}:true", [HAIKU], id="a key with a value right behind it"),
        pytest.param(APPLICATION, [APPLICATION], id="an application inference profile"),
        pytest.param(
            f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}",
            [f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}"],
            id="an ARN",
        ),
        pytest.param(
            f"arn:aws:bedrock:::foundation-model/{SONNET}",
            [f"arn:aws:bedrock:::foundation-model/{SONNET}"],
            id="an ARN without a Region",
        ),
        pytest.param(
            f"arn:aws:bedrock:${{AWS::Region}}::foundation-model/{SONNET}",
            [SONNET],
            id="an ARN with a placeholder",
        ),
        pytest.param(f"/model/{SONNET.replace(':', '%3A')}/invoke", [SONNET], id="a URL"),
        pytest.param("anthropic.claude-v2", ["anthropic.claude-v2"], id="retired, with a version"),
        pytest.param(
            "'anthropic.claude-v2:1'", ["anthropic.claude-v2:1"], id="retired, with a revision"
        ),
        pytest.param(
            "amazon.titan-text-lite-v1:0:4k",
            ["amazon.titan-text-lite-v1:0:4k"],
            id="retired, a variant",
        ),
        pytest.param(
            "us.meta.llama3-2-90b-instruct-v1:0",
            ["us.meta.llama3-2-90b-instruct-v1:0"],
            id="retired, a profile",
        ),
        pytest.param(
            "openai.gpt-oss-20b-1:0", ["openai.gpt-oss-20b-1:0"], id="retired, without a v"
        ),
        # What only looks like it
        pytest.param("from anthropic.types import Message", [], id="a module"),
        pytest.param("https://www.amazon.com/dp-v1", [], id="an address"),
        pytest.param("mail@amazon.claude-v2", [], id="a mail address"),
        pytest.param("meta.json writer.close() stability.v1", [], id="attributes"),
        pytest.param("bedrock-runtime.us-east-1.amazonaws.com", [], id="an endpoint"),
        pytest.param("writer.example-v1.com", [], id="a host with a version in it"),
        pytest.param("myanthropic.claude-v2", [], id="a longer word"),
        pytest.param("x.anthropic_claude-v2", [], id="an underscore"),
        pytest.param("acme.claude-v2:0", [], id="a provider that Bedrock does not have"),
        pytest.param(f"arn:aws:bedrock:{EAST}:123456789012:agent/ABCDEFGHIJ", [], id="an agent"),
        pytest.param("1.2.3 v1.0-rc.1 a.b-v1", [], id="versions"),
    ],
)
def test_a_line(text: str, ids: list[str]) -> None:
    assert named(text) == ids


def test_a_place_is_a_line_and_the_columns_of_what_is_written() -> None:
    text = f"first\n  x = '{SONNET}' # {HAIKU}\nurl/{SONNET.replace(':', '%3a')}/"

    found = list(mentions("src/a.py", text, KNOWN))

    places = [(one.line, one.column, one.end_column) for one in found]
    lines = text.splitlines()
    written = [lines[line - 1][begin - 1 : end - 1] for line, begin, end in places]
    assert written == [SONNET, HAIKU, SONNET.replace(":", "%3a")]
    assert {one.path for one in found} == {"src/a.py"}


_APART = st.text(st.characters(exclude_categories=("L", "N", "Cs"), exclude_characters="_.@-:/%+"))


@given(before=_APART, model=st.sampled_from(sorted(KNOWN.ids)), after=_APART)
def test_a_listed_id_is_found_among_whatever_stands_around_it(
    before: str, model: str, after: str
) -> None:
    found = [one.text for one in mentions("f", f"{before} {model} {after}", KNOWN)]

    assert found == ([] if model in {"arn:p", "a1b2c3"} else [model])


@given(st.text(st.sampled_from("abv1.:-/%3A \n"), max_size=200))
def test_without_the_name_of_a_provider_nothing_is_found(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    "part", ["a", "a.", "a:", "a-v1", "%3a", "anthropic.", "us.a-v1:0:", "arn:aws:bedrock:"]
)
def test_a_line_of_a_million_characters_takes_no_longer_than_its_length(part: str) -> None:
    # Were it more than linear, this would not end.
    assert named(part * (1_000_000 // len(part))) == []
