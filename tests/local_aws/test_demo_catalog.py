"""The demo's catalog: Bedrock's facts, as they would be listed at a date."""

from datetime import UTC, date, datetime

import pytest

from demo.catalog import MODELS, REGIONS, catalog_at
from local_aws.fake_bedrock import FoundationModel

SONNET_4 = "anthropic.claude-sonnet-4-20250514-v1:0"
SONNET_4_5 = "anthropic.claude-sonnet-4-5-20250929-v1:0"


def listed(day: date, region: str, model_id: str) -> FoundationModel | None:
    return next((model for model in catalog_at(day)[region] if model.id == model_id), None)


@pytest.mark.parametrize("region", REGIONS)
def test_a_model_shows_its_dates_only_from_legacy_on(region: str) -> None:
    before = listed(date(2026, 10, 7), region, SONNET_4_5)
    after = listed(date(2026, 10, 8), region, SONNET_4_5)

    assert before
    assert (before.status, before.legacy, before.end_of_life) == ("ACTIVE", None, None)
    assert after
    assert after.status == "LEGACY"
    assert after.extended_access == datetime(2027, 1, 8, 8, tzinfo=UTC)
    assert after.end_of_life == datetime(2027, 4, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize("region", REGIONS)
def test_a_model_is_absent_after_its_end_of_life(region: str) -> None:
    assert listed(date(2026, 10, 14), region, SONNET_4)
    assert listed(date(2026, 10, 15), region, SONNET_4) is None


def test_ids_are_unique_and_regions_are_the_demos() -> None:
    assert len({model.id for model in MODELS}) == len(MODELS)
    assert {region for model in MODELS for region in model.regions} == set(REGIONS)


def test_dates_are_in_the_order_of_a_life() -> None:
    for model in MODELS:
        dates = [model.launch, model.legacy, model.extended_access, model.end_of_life]
        known = [day for day in dates if day]
        assert known == sorted(known), model.id
