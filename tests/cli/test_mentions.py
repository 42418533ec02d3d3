"""Where a text names models, and where it only looks like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_lifecycle.mentions import Vocabulary, mentions, vocabulary
from notifier.lifecycle import base_model_id
from notifier.usage import Reading, RegionUsage, Resource, Source
from tests.core.cases import EAST, row

RECORDED: Final = Path(__file__).parents[3] / "shared" / "data"
SONNET, HAIKU = "anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-haiku-4-5"
NOVA, GPT, LLAMA = "amazon.nova-premier-v1:0", "openai.gpt-oss-120b-1:0", "meta.llama4-scout"
APPLICATION = f"arn:aws:bedrock:{EAST}:123456789012:application-inference-profile/a1b2c3d4e5f6"


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
    own = Reading((Resource(APPLICATION, "checkout", (SONNET,), "a1b2c3d4e5f6"),))
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
        pytest.param(f"eu.{HAIKU}", [f"eu.{HAIKU}"], id="a profile that is not listed"),
        pytest.param(f"us-gov.{SONNET}", [f"us-gov.{SONNET}"], id="of another geography"),
        pytest.param(f"my-bedrock.us.{SONNET}", [f"us.{SONNET}"], id="behind another word"),
        pytest.param(f'f"{{geo}}.{SONNET}"', [SONNET], id="behind a placeholder"),
        pytest.param('f"{geo}.anthropic.claude-v2:1"', ["anthropic.claude-v2:1"], id="the same"),
        pytest.param(f"{NOVA}:8k", [f"{NOVA}:8k"], id="a context variant"),
        pytest.param(f"{HAIKU}:true", [HAIKU], id="a key with a value right behind it"),
        pytest.param(f"{HAIKU}:5", [HAIKU], id="a key with a number right behind it"),
        pytest.param(f"{SONNET}:3", [f"{SONNET}:3"], id="what may be a variant"),
        pytest.param(f"**{NOVA}** **anthropic.claude-v2**", [NOVA, "anthropic.claude-v2"], id="*"),
        pytest.param('"Use anthropic.claude-v2."', ["anthropic.claude-v2"], id="a full stop"),
        pytest.param(rf'"m:\n{NOVA}\n"', [NOVA], id="behind an escape"),
        pytest.param(rf"\u0022{NOVA}\u0022", [NOVA], id="between escaped quotes"),
        pytest.param(APPLICATION, [APPLICATION], id="an application inference profile"),
        pytest.param("PROFILE=a1b2c3d4e5f6", ["a1b2c3d4e5f6"], id="by its id"),
        pytest.param("commit a1b2c3d4e5f6a7 is longer", [], id="not in a longer word"),
        pytest.param(
            f"arn:aws:bedrock:{EAST}:210987654321:custom-model/amazon.nova-lite-v1:0:300k/x1y2z3",
            [f"arn:aws:bedrock:{EAST}:210987654321:custom-model/amazon.nova-lite-v1:0:300k/x1y2z3"],
            id="a custom model",
        ),
        pytest.param(
            f"arn:aws:bedrock:{EAST}::foundation-model/anthropic.claude-opus-4-20250514",
            [f"arn:aws:bedrock:{EAST}::foundation-model/anthropic.claude-opus-4-20250514"],
            id="an ARN says that it is a model, whatever its shape",
        ),
        pytest.param(
            f"arn:aws:bedrock:*:*:inference-profile/us.{SONNET}",
            [f"us.{SONNET}"],
            id="an ARN of a policy, for every Region",
        ),
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
        pytest.param(f"model%2F{SONNET.replace(':', '%3a')}%2Finvoke", [SONNET], id="all escaped"),
        pytest.param(f"%22modelId%22%3A%22{NOVA}%22", [NOVA], id="JSON in a URL"),
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
        pytest.param("meta.json:12 writer.py:42:7 self.meta.schema-v1", [], id="files and lines"),
        pytest.param("api.openai.com:443 stability.ai:8080 cohere.com:443", [], id="ports"),
        pytest.param("anthropic.claude-v2-foo_bar amazon.dist-v1.js", [], id="longer names"),
        pytest.param("'amazon.cloud.sdk-v1:0'", [], id="a name of several parts"),
        pytest.param("anthropic.claude-v{major}", [], id="a placeholder in the version"),
        pytest.param("anthropic.claude-v2:${revision}", [], id="a placeholder as revision"),
        pytest.param(f'"{SONNET.removesuffix(":0")}*"', [], id="a wildcard"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/anthropic.*", [], id="of models"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/*", [], id="of all models"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/meta.<id>", [], id="in words"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/${Model}", [], id="to be filled"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/meta.%s", [], id="the old way"),
        pytest.param('"arn:aws:bedrock:::foundation-model/anthropic." + name', [], id="a part"),
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
    variant = f"{NOVA}:8k".replace(":", "%3a")
    text = (
        f"first\f\u2028\r\n  x = '{SONNET}' # {HAIKU}\nurl/{variant}/\n"
        f"\U0001f600 {HAIKU}%3Atrue\n{HAIKU}"
    )

    found = list(mentions("src/a.py", text, KNOWN))

    places = [(one.line, one.column, one.end_column) for one in found]
    lines = text.split("\n")
    written = [lines[line - 1][begin - 1 : end - 1] for line, begin, end in places]
    assert written == [SONNET, HAIKU, variant, HAIKU, HAIKU]
    assert [one.text for one in found][2] == f"{NOVA}:8k"
    assert [line for line, _, _ in places] == [2, 2, 3, 4, 5]
    assert {one.path for one in found} == {"src/a.py"}


def test_where_nothing_is_listed_only_arns_say_what_they_are() -> None:
    arn = f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}"

    found = list(mentions("f", f"{SONNET} {arn}", vocabulary([], {})))

    assert [one.text for one in found] == [arn]


def test_a_profile_of_a_model_that_no_region_lists_is_found() -> None:
    profile = Resource("arn:q", "US", (), "us.newcomer.model-one", depends=False)
    usage = {EAST: RegionUsage(EAST, readings={Source.SYSTEM_PROFILES: Reading((profile,))})}

    found = list(mentions("f", "x: us.newcomer.model-one", vocabulary([row(SONNET)], usage)))

    assert [one.text for one in found] == ["us.newcomer.model-one"]


_APART = st.text(st.characters(exclude_categories=("L", "N", "Cs"), exclude_characters="_.@-:/%+"))


@given(before=_APART, model=st.sampled_from(sorted(KNOWN.ids - {"arn:p"})), after=_APART)
def test_a_listed_id_is_found_among_whatever_stands_around_it(
    before: str, model: str, after: str
) -> None:
    found = [one.text for one in mentions("f", f"{before} {model} {after}", KNOWN)]

    assert found == [model]


_QUOTES = st.sampled_from(["''", '""', "``", "<>", "()", "[]", "{}", "  ", ",,", "//", "=;", '""'])


@given(quotes=_QUOTES, model=st.sampled_from(sorted(KNOWN.ids - {"arn:p"})), end=_APART)
def test_a_listed_id_is_found_right_between_quotes(quotes: str, model: str, end: str) -> None:
    found = [one.text for one in mentions("f", f"x {quotes[0]}{model}{quotes[1]}{end}", KNOWN)]

    assert found == [model]


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not beside the checkout")
@pytest.mark.parametrize("around", ['"{}"', "{}: 1", "bedrock/{}", "a\n{}.", "\\n{}\\n"])
def test_all_that_an_account_lists_is_found(around: str) -> None:
    models = json.loads((RECORDED / "list_foundation_models_us_east_1.json").read_text())
    offered = json.loads((RECORDED / "inference_profiles_us_east_1.json").read_text())
    ids = {one["modelId"] for one in models["modelSummaries"]}
    profiles = [
        Resource(one["inferenceProfileArn"], "", (), one["inferenceProfileId"], depends=False)
        for one in offered["inferenceProfileSummaries"]
    ]
    usage = {
        EAST: RegionUsage(EAST, readings={Source.SYSTEM_PROFILES: Reading(tuple(profiles))}),
    }
    listed = vocabulary([row(base_model_id(one, ids)) for one in ids], usage)
    names = [*ids, *(name for one in profiles for name in (one.id, one.arn))]

    found = [
        [one.text for one in mentions("f", around.format(name), listed)] for name in sorted(names)
    ]

    assert found == [[name] for name in sorted(names)]


@given(st.text(st.sampled_from("abv1.:-/%3A \n"), max_size=200))
def test_without_the_name_of_a_provider_nothing_is_found(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a.",
        "a:",
        "a-v1",
        "%3a",
        "anthropic.",
        "anthropic.1.",
        "us.a-v1:0:",
        "anthropic.a:a:a:a_",
        "anthropic.a-v1:1:1a-",
        "arn:aws:bedrock:",
        "arn:aws:bedrock:::agent/a:",
        "arn:aws:bedrock:::custom-model/a_",
    ],
)
@pytest.mark.parametrize("head", ["", "a.b", "anthropic.a", "arn:aws:bedrock:::agent/x"])
def test_a_line_of_a_million_characters_takes_no_longer_than_its_length(
    head: str, part: str
) -> None:
    # Were it more than linear, this would not end.
    assert named(head + part * (1_000_000 // len(part))) == []
