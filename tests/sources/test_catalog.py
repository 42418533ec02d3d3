"""What ListFoundationModels may answer: none of it stops a poll or invents an alert."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from local_aws import fake_bedrock
from local_aws.fake_bedrock import LIST, Answer, FoundationModel, Silence, raw
from notifier.coverage import judge
from notifier.lifecycle import phase_at
from notifier.model import (
    NO_CAPABILITIES,
    Capabilities,
    Catalog,
    Dates,
    Failure,
    Lifecycle,
    ListedModel,
    Phase,
    RegionState,
    TrackedModel,
)
from notifier.observe import observe
from notifier.sources.bedrock import parse_catalog
from tests.core.cases import at, judge_rows

if TYPE_CHECKING:
    from local_aws.fake_bedrock import FakeBedrock
    from notifier.sources.bedrock import Bedrock

EAST, WEST = "us-east-1", "us-west-2"
NOW = at("2026-10-20")
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
LISTED = FoundationModel(
    id=SONNET,
    name="Claude Sonnet 4.5",
    provider="Anthropic",
    status="LEGACY",
    start_of_life=datetime(2025, 9, 29, 7, tzinfo=UTC),
    legacy=datetime(2026, 10, 8, 7, tzinfo=UTC),
    extended_access=datetime(2027, 1, 8, 8, tzinfo=UTC),
    end_of_life=datetime(2027, 4, 8, 7, tzinfo=UTC),
)
OTHER = FoundationModel(id="acme.other-v1:0", name="Other", provider="Acme")


def models(aws: FakeBedrock, bedrock: Bedrock, *listed: FoundationModel) -> Catalog:
    """Give the catalog of a Region that lists these models."""
    aws.set_catalog(EAST, listed)
    answer = bedrock.catalogs([EAST])[EAST]
    assert isinstance(answer, Catalog), answer
    return answer


def only(aws: FakeBedrock, bedrock: Bedrock, model: FoundationModel) -> ListedModel:
    """Give a model as it was understood, beside one that is as it should be."""
    odd, other = models(aws, bedrock, model, OTHER).models
    assert other[:4] == ("acme.other-v1:0", "Other", "Acme", Lifecycle("ACTIVE"))
    return odd


def lifecycle_of(aws: FakeBedrock, bedrock: Bedrock, model: FoundationModel) -> Lifecycle:
    found = only(aws, bedrock, model).lifecycle
    assert found is not None
    return found


def decided(known: ListedModel, said: ListedModel, *, told: bool = True) -> list[str]:
    """Give what is alerted when a model known (and told) like this is listed like that."""
    state = RegionState(EAST, covered_since=NOW)
    rows: tuple[TrackedModel, ...] = ()
    for one in (known, said):
        answer = Catalog(EAST, (one,))
        judged = judge(state, answer, {row.model_id: row for row in rows}, NOW)
        rows = observe(rows, {EAST: judged}, {}, {}, NOW).rows
        if told and one is known:
            rows = tuple(replace(r, told=replace(r.told, facts=r.facts)) for r in rows)
    return [decision.kind.value for decision in judge_rows(rows, NOW).decisions]


def test_a_model_is_read_with_its_name_provider_status_and_times(
    aws: FakeBedrock, patient: Bedrock
) -> None:
    assert only(aws, patient, LISTED)._replace(capabilities=NO_CAPABILITIES) == ListedModel(
        SONNET,
        "Claude Sonnet 4.5",
        "Anthropic",
        Lifecycle(
            "LEGACY",
            datetime(2025, 9, 29, 7, tzinfo=UTC),
            datetime(2026, 10, 8, 7, tzinfo=UTC),
            datetime(2027, 1, 8, 8, tzinfo=UTC),
            datetime(2027, 4, 8, 7, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize("status", ["DEPRECATED", "legacy", "PUBLIC_EXTENDED_ACCESS", "☠", " "])
def test_an_unknown_status_is_kept_as_it_was_said_and_claims_nothing(
    aws: FakeBedrock, bedrock: Bedrock, status: str
) -> None:
    known = only(aws, bedrock, LISTED)
    said = only(aws, bedrock, replace(LISTED, status=status))

    assert said.lifecycle is not None
    assert said.lifecycle.status == status
    assert decided(known, said) == []


@pytest.mark.parametrize("status", [5, True, {"a": 1}, ["LEGACY"], "", None])
def test_a_status_of_the_wrong_type_is_text_and_claims_nothing(
    aws: FakeBedrock, bedrock: Bedrock, status: object
) -> None:
    lifecycle = LISTED.summary(EAST)["modelLifecycle"]
    assert isinstance(lifecycle, dict)
    odd = replace(LISTED, extra={"modelLifecycle": lifecycle | {"status": status}})
    known, said = only(aws, bedrock, LISTED), only(aws, bedrock, odd)

    assert said.lifecycle is not None
    assert isinstance(said.lifecycle.status, str)
    assert decided(known, said) == []


def test_a_missing_lifecycle_is_unknown_and_takes_nothing_back(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    known, said = only(aws, bedrock, LISTED), only(aws, bedrock, replace(LISTED, status=None))

    assert said.lifecycle is None
    assert decided(known, said) == []
    assert decided(said, said, told=False) == []


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("1970-01-01T00:00:00Z", id="1970"),
        pytest.param("0001-01-01T00:00:00Z", id="year 1"),
        pytest.param("2019-12-31T23:59:59Z", id="before Bedrock"),
        pytest.param("2100-01-01T00:00:00Z", id="2100"),
        pytest.param("9999-12-31T23:59:59Z", id="9999"),
        pytest.param("10000-01-01T00:00:00Z", id="year 10000"),
        pytest.param("2027-02-30T00:00:00Z", id="30 February"),
        pytest.param("soon", id="a word"),
        pytest.param("TBD", id="to be done"),
        pytest.param("", id="empty"),
        pytest.param("May 2027", id="a month without a day"),
        pytest.param("Friday", id="a weekday"),
        pytest.param("12:30", id="an hour without a day"),
        pytest.param("12", id="a number as text"),
        pytest.param("\u202e2027\ud800", id="hostile text"),
    ],
)
def test_a_time_that_is_none_is_no_date_and_is_kept_as_text(
    aws: FakeBedrock, bedrock: Bedrock, time: str
) -> None:
    known, said = only(aws, bedrock, LISTED), only(aws, bedrock, replace(LISTED, end_of_life=time))

    assert said.lifecycle is not None
    assert said.lifecycle.end_of_life_at is None
    assert said.lifecycle.dates.legacy == known.lifecycle.dates.legacy  # type: ignore[union-attr]
    assert set(said.not_understood) == {"end_of_life_at"}
    said.not_understood["end_of_life_at"].encode()
    # Neither news where nothing was known, nor the withdrawal of a date that was.
    assert decided(known, said) == []


@pytest.mark.parametrize("value", [True, {}, [], {"iso": "2027-04-08"}, 1e30, -1, 10**18])
def test_a_time_of_the_wrong_type_is_no_date(
    aws: FakeBedrock, bedrock: Bedrock, value: object
) -> None:
    lifecycle = LISTED.summary(EAST)["modelLifecycle"]
    assert isinstance(lifecycle, dict)
    odd = replace(LISTED, extra={"modelLifecycle": lifecycle | {"endOfLifeTime": value}})

    said = only(aws, bedrock, odd)

    assert said.lifecycle is not None
    assert said.lifecycle.end_of_life_at is None
    assert said.not_understood
    assert decided(only(aws, bedrock, LISTED), said) == []


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param("2027-04-08T07:00:00Z", (2027, 4, 8, 7), id="as the API writes it"),
        pytest.param("2027-04-08T07:00:00.123456Z", (2027, 4, 8, 7), id="with a fraction"),
        pytest.param("2027-04-08T02:00:00-05:00", (2027, 4, 8, 7), id="with an offset"),
    ],
)
def test_times_are_read_in_utc_to_the_second(
    aws: FakeBedrock, bedrock: Bedrock, time: str, expected: tuple[int, int, int, int]
) -> None:
    found = lifecycle_of(aws, bedrock, replace(LISTED, end_of_life=time))

    assert found.end_of_life_at == datetime(*expected, tzinfo=UTC)


def test_a_time_as_a_number_is_seconds(aws: FakeBedrock, bedrock: Bedrock) -> None:
    odd = replace(LISTED, extra={"modelLifecycle": {"status": "LEGACY", "legacyTime": 1791442800}})

    assert lifecycle_of(aws, bedrock, odd).legacy_at == datetime(2026, 10, 8, 7, tzinfo=UTC)


def test_legacy_after_end_of_life_is_read_as_it_stands_and_ends_at_the_end(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    odd = replace(LISTED, status="ACTIVE", legacy=datetime(2027, 6, 1, tzinfo=UTC))

    found = lifecycle_of(aws, bedrock, replace(odd, extended_access=None))

    assert phase_at(found, at("2027-04-07")) is Phase.ACTIVE
    assert phase_at(found, at("2027-04-08")) is Phase.END_OF_LIFE
    assert phase_at(found, at("2027-06-02")) is Phase.END_OF_LIFE


def test_new_fields_and_modalities_are_let_by(aws: FakeBedrock, bedrock: Bedrock) -> None:
    odd = replace(
        LISTED,
        extra={
            "outputModalities": ["SMELL"],
            "inferenceTypesSupported": ["INFERENCE_PROFILE", "TELEPATHY"],
            "customizationsSupported": None,
            "successor": {"modelId": "x", "why": ["better"]},
        },
    )

    found = only(aws, bedrock, odd)

    assert found.lifecycle == only(aws, bedrock, LISTED).lifecycle
    assert found.capabilities.outputs == ("SMELL",)
    assert found.capabilities.inference_types == ("INFERENCE_PROFILE", "TELEPATHY")


def test_ten_thousand_models_are_ten_thousand_models(aws: FakeBedrock, bedrock: Bedrock) -> None:
    listed = [replace(LISTED, id=f"acme.model-{number}-v1:0") for number in range(10_000)]

    found = models(aws, bedrock, *listed)

    assert {model.model_id for model in found.models} == {model.id for model in listed}
    assert found.skipped == 0


@pytest.mark.parametrize(
    "model_id",
    [
        pytest.param("acme/model+v1 @2?x=1&y=%00", id="what a URL must escape"),
        pytest.param("modèle-通义-🚀", id="not ASCII"),
        pytest.param("a" * 512, id="512 bytes"),
        pytest.param("'; DROP TABLE models; --", id="quotes"),
        pytest.param("<b>id</b>", id="markup"),
        pytest.param("a#b", id="a hash within"),
        pytest.param(":::", id="colons alone"),
    ],
)
def test_odd_ids_are_ids(aws: FakeBedrock, bedrock: Bedrock, model_id: str) -> None:
    assert only(aws, bedrock, replace(LISTED, id=model_id)).model_id == model_id


@pytest.mark.parametrize(
    "model_id",
    [
        pytest.param("", id="empty"),
        pytest.param(" \t\n", id="blank"),
        pytest.param("#region", id="one that is our own bookkeeping"),
        pytest.param("#", id="a hash"),
        pytest.param("a" * 513, id="more bytes than a key holds"),
        pytest.param("é" * 257, id="more bytes than characters"),
        pytest.param("lone \ud800", id="a lone surrogate"),
    ],
)
def test_ids_that_no_table_can_hold_are_left_out_and_counted(
    aws: FakeBedrock, bedrock: Bedrock, model_id: str
) -> None:
    found = models(aws, bedrock, replace(LISTED, id=model_id), OTHER)

    assert [model.model_id for model in found.models] == [OTHER.id]
    assert found.skipped == 1


@pytest.mark.parametrize("value", [None, 5, True, [], ["a"], {}, {"id": "a"}])
def test_an_id_of_the_wrong_type_is_left_out_and_counted(
    aws: FakeBedrock, bedrock: Bedrock, value: object
) -> None:
    found = models(aws, bedrock, replace(LISTED, extra={"modelId": value}), OTHER)

    assert (len(found.models), found.skipped) == (1, 1)


def test_an_id_listed_twice_is_one_tracked_model(aws: FakeBedrock, bedrock: Bedrock) -> None:
    answer = models(aws, bedrock, LISTED, replace(LISTED, status="ACTIVE"), OTHER)

    judged = judge(RegionState(EAST), answer, {}, NOW)

    assert judged.reported is not None
    assert sorted(judged.reported) == sorted([SONNET, OTHER.id])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("<script>alert(1)</script>", "<script>alert(1)</script>", id="HTML"),
        pytest.param("*bold* <!channel>\n> x", "*bold* <!channel>\n> x", id="chat markup"),
        pytest.param("lone \ud83d!", "lone ?!", id="a lone surrogate"),
        pytest.param("n" * 1_000, "n" * 256, id="endless"),
        pytest.param("", "", id="empty"),
    ],
)
def test_names_are_kept_as_text_that_can_be_stored(
    aws: FakeBedrock, bedrock: Bedrock, name: str, kept: str
) -> None:
    found = only(aws, bedrock, replace(LISTED, name=name, provider=name))

    assert (found.name, found.provider) == (kept, kept)


@pytest.mark.parametrize("value", [None, 5, False, {"x": 1}, ["y"]])
def test_names_of_the_wrong_type_do_not_lose_the_model(
    aws: FakeBedrock, bedrock: Bedrock, value: object
) -> None:
    odd = replace(LISTED, extra={"modelName": value, "providerName": value})

    found = only(aws, bedrock, odd)

    assert found.lifecycle == only(aws, bedrock, LISTED).lifecycle
    assert isinstance(found.name, str)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"modelLifecycle": "LEGACY"}, id="a lifecycle that is text"),
        pytest.param({"modelLifecycle": ["LEGACY"]}, id="a lifecycle that is a list"),
    ],
)
def test_an_entry_of_another_shape_makes_its_region_fail_and_no_other(
    aws: FakeBedrock, bedrock: Bedrock, extra: dict[str, Any]
) -> None:
    aws.set_catalogs({EAST: [replace(LISTED, extra=extra), OTHER], WEST: [LISTED]})

    answers = bedrock.catalogs([EAST, WEST])

    # Nothing is concluded from an answer of another shape.
    failure = answers[EAST]
    assert isinstance(failure, Failure)
    assert failure.name == "UnexpectedAnswer"
    assert isinstance(answers[WEST], Catalog)


@pytest.mark.parametrize(
    ("how", "name"),
    [
        pytest.param(fake_bedrock.INTERNAL_ERROR, "InternalServerException", id="500"),
        pytest.param(fake_bedrock.THROTTLED, "ThrottlingException", id="429"),
        pytest.param(fake_bedrock.ACCESS_DENIED, "AccessDeniedException", id="403, denied"),
        pytest.param(
            fake_bedrock.REGION_DISABLED, "UnrecognizedClientException", id="403, not opted in"
        ),
        pytest.param(fake_bedrock.NOT_JSON, "UnexpectedAnswer", id="200 that is not JSON"),
        pytest.param(
            fake_bedrock.WITHOUT_MODEL_SUMMARIES, "UnexpectedAnswer", id="no modelSummaries"
        ),
        pytest.param(raw(b""), "UnexpectedAnswer", id="no body"),
        pytest.param(raw(b"null"), "UnexpectedAnswer", id="null"),
        pytest.param(raw(b"[]"), "UnexpectedAnswer", id="a list"),
        pytest.param(raw(b'"text"'), "UnexpectedAnswer", id="text"),
        pytest.param(raw(b'{"modelSummaries":'), "UnexpectedAnswer", id="JSON cut off"),
        pytest.param(raw(b'{"modelSummaries": null}'), "UnexpectedAnswer", id="null summaries"),
        pytest.param(raw(b'{"modelSummaries": {"a": 1}}'), "UnexpectedAnswer", id="an object"),
        pytest.param(raw(b'{"modelSummaries": "all"}'), "UnexpectedAnswer", id="a word"),
        pytest.param(raw(b'{"modelSummaries": ["a"]}'), "UnexpectedAnswer", id="a list of words"),
        pytest.param(raw(b"\xff\xfe\x00"), "UnexpectedAnswer", id="bytes"),
        pytest.param(Answer(503, b"<html>", None, "text/html"), "503", id="503 without a word"),
        pytest.param(Silence(0), "ConnectionClosedError", id="a connection that closes"),
    ],
)
def test_a_region_that_fails_has_a_name_for_it_and_the_others_answer(
    aws: FakeBedrock, bedrock: Bedrock, how: Answer | Silence, name: str
) -> None:
    aws.set_catalogs({EAST: [LISTED], WEST: [LISTED]})
    aws.misbehave(EAST, how)

    answers = bedrock.catalogs([EAST, WEST])

    failure = answers[EAST]
    assert isinstance(failure, Failure)
    assert failure.name == name
    assert isinstance(answers[WEST], Catalog)


def test_null_entries_are_left_out_and_counted(aws: FakeBedrock, bedrock: Bedrock) -> None:
    body = json.dumps({"modelSummaries": [None, OTHER.summary(EAST), {}]})
    aws.misbehave(EAST, raw(body.encode()))

    answer = bedrock.catalogs([EAST])[EAST]

    assert isinstance(answer, Catalog)
    assert ([model.model_id for model in answer.models], answer.skipped) == ([OTHER.id], 2)


def test_an_empty_list_is_an_answer_that_judging_does_not_believe(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    aws.set_catalog(EAST, [LISTED])
    rows = observe(
        (), {EAST: judge(RegionState(EAST), models(aws, bedrock, LISTED), {}, NOW)}, {}, {}, NOW
    ).rows
    aws.misbehave(EAST, fake_bedrock.EMPTY_LIST)

    answer = bedrock.catalogs([EAST])[EAST]
    judged = judge(RegionState(EAST, covered_since=NOW), answer, {r.model_id: r for r in rows}, NOW)

    assert answer == Catalog(EAST, ())
    assert judged.reported is None


def test_an_answer_that_never_comes_ends_with_a_name_and_the_others_answer(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    aws.set_catalogs({EAST: [LISTED], WEST: [LISTED]})
    aws.misbehave(EAST, Silence())

    answers = bedrock.catalogs([EAST, WEST])

    failure = answers[EAST]
    assert isinstance(failure, Failure)
    assert failure.name == "ReadTimeoutError"
    assert isinstance(answers[WEST], Catalog)


def test_a_passing_error_is_tried_again_before_the_region_fails(
    aws: FakeBedrock, patient: Bedrock
) -> None:
    aws.set_catalog(EAST, [LISTED])
    aws.misbehave(EAST, fake_bedrock.INTERNAL_ERROR)

    assert isinstance(patient.catalogs([EAST])[EAST], Failure)
    assert aws.calls(LIST, EAST) == 3


def test_a_denied_region_is_not_tried_again(aws: FakeBedrock, patient: Bedrock) -> None:
    aws.misbehave(EAST, fake_bedrock.ACCESS_DENIED)

    patient.catalogs([EAST])

    assert aws.calls(LIST, EAST) == 1


def test_every_region_is_asked_once_and_answers_for_itself(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    names = [f"us-test-{number}" for number in range(40)]
    aws.set_catalogs({name: [replace(OTHER, id=f"acme.of-{name}")] for name in names})

    answers = bedrock.catalogs(names)

    assert {
        name: [model.model_id for model in answer.models]
        for name, answer in answers.items()
        if isinstance(answer, Catalog)
    } == {name: [f"acme.of-{name}"] for name in names}
    assert set(aws.all_calls().values()) == {1}


def test_a_second_poll_sees_what_has_changed(aws: FakeBedrock, bedrock: Bedrock) -> None:
    assert lifecycle_of(aws, bedrock, replace(LISTED, status="ACTIVE")).status == "ACTIVE"
    assert lifecycle_of(aws, bedrock, LISTED).status == "LEGACY"


def test_asking_no_region_answers_nothing(bedrock: Bedrock) -> None:
    assert bedrock.catalogs([]) == {}


def test_the_bundled_client_knows_the_lifecycle_dates(aws: FakeBedrock, bedrock: Bedrock) -> None:
    assert lifecycle_of(aws, bedrock, LISTED).dates == Dates(
        at("2026-10-08").date(), at("2027-01-08").date(), at("2027-04-08").date()
    )


def test_what_a_model_can_do_is_read_whatever_words_it_is_said_in(
    aws: FakeBedrock, bedrock: Bedrock
) -> None:
    model = replace(
        LISTED,
        input_modalities=("TEXT", "IMAGE", "TEXT"),
        output_modalities=("HOLOGRAM",),
        inference_types=("INFERENCE_PROFILE",),
        customizations=("FINE_TUNING",),
        streaming=True,
    )

    found = only(aws, bedrock, model).capabilities

    assert found == Capabilities(
        ("IMAGE", "TEXT"), ("HOLOGRAM",), ("INFERENCE_PROFILE",), ("FINE_TUNING",), streaming=True
    )


@pytest.mark.parametrize(
    ("field", "part", "value"),
    [
        ("inputModalities", "inputs", "TEXT"),
        ("inputModalities", "inputs", 5),
        ("outputModalities", "outputs", None),
        ("inferenceTypesSupported", "inference_types", [1, None, {"a": 1}]),
        ("customizationsSupported", "customizations", {}),
        ("responseStreamingSupported", "streaming", "perhaps"),
    ],
)
def test_what_cannot_be_read_of_it_is_not_known_and_costs_nothing_else(
    field: str, part: str, value: object
) -> None:
    summary = LISTED.summary(EAST) | {field: value}
    # As botocore gives it: lists, not tuples.
    whole = json.loads(json.dumps(summary)) | {"modelLifecycle": {"status": "LEGACY"}}

    answer = parse_catalog(EAST, {"modelSummaries": [whole]})

    assert isinstance(answer, Catalog)
    (found,) = answer.models
    assert found.lifecycle == Lifecycle("LEGACY")
    assert getattr(found.capabilities, part) == getattr(Capabilities(), part)
    assert found.capabilities != Capabilities()
