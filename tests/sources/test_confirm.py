"""What GetFoundationModel says of a model that the catalog lacks: gone, present or unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local_aws import fake_bedrock
from local_aws.fake_bedrock import GET, Answer, Silence, raw, refusal
from notifier.model import Presence
from tests.core.cases import EAST, WEST, row
from tests.sources.test_catalog import LISTED, OTHER, SONNET

if TYPE_CHECKING:
    from local_aws.fake_bedrock import FakeBedrock
    from notifier.model import Confirmation, TrackedModel
    from notifier.sources.bedrock import Bedrock

LEGACY_AND_IDLE = (
    "Access denied. This Model is marked by provider as Legacy and you have not been actively "
    "using the model in the last {} days. Please upgrade to an active model on Amazon Bedrock"
)
NOT_FOUND = refusal(404, "ResourceNotFoundException", "The model was not found.")
VARIANT = f"{SONNET}:200k"


def confirmed(bedrock: Bedrock, one: TrackedModel) -> Confirmation:
    """Give the answer about one absent row."""
    (answer,) = bedrock.confirm([one]).values()
    return answer


@pytest.mark.parametrize(
    ("how", "presence"),
    [
        pytest.param(fake_bedrock.END_OF_LIFE, Presence.GONE, id="the end-of-life error"),
        pytest.param(fake_bedrock.INVALID_IDENTIFIER, Presence.GONE, id="an invalid identifier"),
        pytest.param(NOT_FOUND, Presence.GONE, id="not found"),
        pytest.param(
            refusal(
                400, "ValidationException", "This model version has reached the end of its life."
            ),
            Presence.GONE,
            id="the end-of-life error under another code",
        ),
        pytest.param(
            refusal(404, "ResourceNotFoundException", LEGACY_AND_IDLE.format(30)),
            Presence.UNKNOWN,
            id="Legacy and idle for 30 days: access lapsed, the model lives",
        ),
        pytest.param(
            refusal(404, "ResourceNotFoundException", LEGACY_AND_IDLE.format(15)),
            Presence.UNKNOWN,
            id="Legacy and idle for 15 days",
        ),
        pytest.param(
            refusal(400, "ValidationException", LEGACY_AND_IDLE.format(30)),
            Presence.UNKNOWN,
            id="Legacy and idle under another code",
        ),
        pytest.param(
            refusal(400, "ValidationException", "Operation not allowed"),
            Presence.UNKNOWN,
            id="not allowed during extended access",
        ),
        pytest.param(fake_bedrock.THROTTLED, Presence.UNKNOWN, id="throttled"),
        pytest.param(fake_bedrock.INTERNAL_ERROR, Presence.UNKNOWN, id="500"),
        pytest.param(fake_bedrock.ACCESS_DENIED, Presence.UNKNOWN, id="denied"),
        pytest.param(fake_bedrock.REGION_DISABLED, Presence.UNKNOWN, id="not opted in"),
        pytest.param(fake_bedrock.NOT_JSON, Presence.UNKNOWN, id="200 that is not JSON"),
        pytest.param(raw(b"{}"), Presence.UNKNOWN, id="200 without details"),
        pytest.param(raw(b'{"modelDetails": null}'), Presence.UNKNOWN, id="null details"),
        pytest.param(raw(b'{"modelDetails": {}}'), Presence.UNKNOWN, id="empty details"),
        pytest.param(
            raw(b'{"modelDetails": "x"}'), Presence.UNKNOWN, id="details of another shape"
        ),
        pytest.param(Answer(404, b"<html>", None, "text/html"), Presence.UNKNOWN, id="a bare 404"),
        pytest.param(Silence(0), Presence.UNKNOWN, id="a connection that closes"),
        pytest.param(Silence(), Presence.UNKNOWN, id="an answer that never comes"),
    ],
)
def test_what_an_answer_means(
    aws: FakeBedrock, bedrock: Bedrock, how: Answer | Silence, presence: Presence
) -> None:
    aws.misbehave_for_model(EAST, SONNET, how)

    answer = confirmed(bedrock, row())

    assert answer.presence is presence
    assert answer.model is None
    assert answer.detail


def test_a_200_means_that_the_model_is_there_with_that_lifecycle(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    aws.set_catalog(EAST, [LISTED])

    answer = confirmed(bedrock, row())

    assert answer.presence is Presence.PRESENT
    assert answer.model is not None
    assert answer.model.lifecycle is not None
    assert answer.model.lifecycle.status == "LEGACY"
    assert str(answer.model.lifecycle.dates.end_of_life) == "2027-04-08"


@pytest.mark.parametrize(
    ("base", "variant", "presence"),
    [
        pytest.param(
            fake_bedrock.INVALID_IDENTIFIER, NOT_FOUND, Presence.GONE, id="both are gone: gone"
        ),
        pytest.param(
            fake_bedrock.INVALID_IDENTIFIER,
            fake_bedrock.THROTTLED,
            Presence.UNKNOWN,
            id="one is gone and one unknown: unknown",
        ),
        pytest.param(
            fake_bedrock.THROTTLED, NOT_FOUND, Presence.UNKNOWN, id="the other way round: unknown"
        ),
        pytest.param(
            fake_bedrock.INVALID_IDENTIFIER, None, Presence.PRESENT, id="the variant is there"
        ),
        pytest.param(None, fake_bedrock.INVALID_IDENTIFIER, Presence.PRESENT, id="the base is"),
        pytest.param(
            fake_bedrock.THROTTLED, None, Presence.PRESENT, id="one is there and one unknown"
        ),
    ],
)
def test_a_row_known_by_several_ids_is_gone_only_when_all_are(
    aws: FakeBedrock,
    bedrock: Bedrock,
    base: Answer | None,
    variant: Answer | None,
    presence: Presence,
) -> None:
    aws.set_catalog(EAST, [LISTED, replace(LISTED, id=VARIANT)])
    for model_id, how in ((SONNET, base), (VARIANT, variant)):
        if how is not None:
            aws.misbehave_for_model(EAST, model_id, how)

    assert confirmed(bedrock, row(reported_by=(VARIANT,))).presence is presence


def test_rows_are_asked_in_their_own_region_and_one_failure_stops_no_other(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    aws.set_catalogs({EAST: [LISTED], WEST: [LISTED, OTHER]})
    aws.misbehave_for_model(WEST, SONNET, fake_bedrock.INTERNAL_ERROR)
    rows = [row(), row(region=WEST), row(OTHER.id, WEST), row("acme.never-v1:0", EAST)]

    answers = bedrock.confirm(rows)

    assert {key: answer.presence for key, answer in answers.items()} == {
        rows[0].key: Presence.PRESENT,
        rows[1].key: Presence.UNKNOWN,
        rows[2].key: Presence.PRESENT,
        rows[3].key: Presence.GONE,
    }
    assert aws.all_calls() == {(GET, EAST): 2, (GET, WEST): 2}


@pytest.mark.parametrize("model_id", ["acme/odd id?x=1&y=%2F", "modèle-通义", "a" * 512, ".."])
def test_odd_ids_reach_bedrock_as_they_are(
    aws: FakeBedrock, bedrock: Bedrock, model_id: str
) -> None:
    aws.set_catalog(EAST, [replace(LISTED, id=model_id)])

    assert confirmed(bedrock, row(model_id)).presence is Presence.PRESENT


def test_asking_about_nothing_makes_no_call(aws: FakeBedrock, bedrock: Bedrock) -> None:
    assert bedrock.confirm([]) == {}
    assert aws.all_calls() == {}
