"""What Bedrock lists at a date: the models of autumn 2026, with their real dates.

Dates and Regions are those of Bedrock's lifecycle pages and of ListFoundationModels. Models
whose Legacy date could not be confirmed (Gemma 3, Mistral 7B, DeepSeek-R1, Qwen3 Coder 480B) are
left out rather than shown in a state that is not theirs; but for Llama 3.3 70B, whose Legacy date
is invented.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from local_aws.fake_bedrock import FoundationModel, SystemProfile, model_arn

REGIONS: Final = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
)

_ALL = REGIONS
_US = ("us-east-1", "us-east-2", "us-west-2")
_US_AND_TOKYO = (*_US, "ap-northeast-1")
_EUROPE = ("eu-west-1", "eu-central-1")
_SEES: Final = ("IMAGE", "TEXT")
_HEARS_AND_SEES: Final = ("IMAGE", "SPEECH", "TEXT", "VIDEO")
_VIRGINIA = ("us-east-1",)
_OREGON = ("us-west-2",)
_NOT_FRANKFURT = tuple(region for region in REGIONS if region != "eu-central-1")
_NOT_OHIO = tuple(region for region in REGIONS if region != "us-east-2")

# Daylight saving in Pacific time, to the month: Bedrock's dates are midnights there.
_FIRST_SUMMER_MONTH: Final = 4
_LAST_SUMMER_MONTH: Final = 10


@dataclass(frozen=True)
class Model:
    """A model and its dates, known or not yet announced."""

    id: str
    name: str
    provider: str
    regions: tuple[str, ...]
    launch: date
    legacy: date | None = None
    extended_access: date | None = None
    end_of_life: date | None = None
    inputs: tuple[str, ...] = ("TEXT",)
    outputs: tuple[str, ...] = ("TEXT",)
    by_profile: bool = False
    """Called through inference profiles only, as most models are since 2025."""

    def is_listed(self, day: date) -> bool:
        """Say whether Bedrock lists it at the end of a day: it is gone once that day is past."""
        return self.launch <= day and (self.end_of_life is None or day <= self.end_of_life)

    def as_listed(self, day: date) -> FoundationModel:
        """Give what Bedrock says of it: dates beyond the launch only from Legacy on."""
        active = FoundationModel(
            id=self.id,
            name=self.name,
            provider=self.provider,
            start_of_life=_midnight(self.launch),
            input_modalities=self.inputs,
            output_modalities=self.outputs,
            streaming=self.outputs == ("TEXT",),
            inference_types=("INFERENCE_PROFILE",) if self.by_profile else ("ON_DEMAND",),
        )
        if self.legacy is None or day < self.legacy:
            return active
        return replace(
            active,
            status="LEGACY",
            legacy=_midnight(self.legacy),
            extended_access=_midnight(self.extended_access),
            end_of_life=_midnight(self.end_of_life),
        )


_DATED: Final = (
    Model(
        "anthropic.claude-sonnet-4-20250514-v1:0",
        "Claude Sonnet 4",
        "Anthropic",
        _ALL,
        launch=date(2025, 5, 22),
        legacy=date(2026, 4, 14),
        extended_access=date(2026, 7, 14),
        end_of_life=date(2026, 10, 14),
        inputs=_SEES,
        by_profile=True,
    ),
    Model(
        "anthropic.claude-opus-4-1-20250805-v1:0",
        "Claude Opus 4.1",
        "Anthropic",
        _US,
        launch=date(2025, 8, 5),
        legacy=date(2026, 7, 8),
        extended_access=date(2026, 10, 8),
        end_of_life=date(2027, 1, 8),
        inputs=_SEES,
        by_profile=True,
    ),
    Model(
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "Claude Sonnet 4.5",
        "Anthropic",
        _ALL,
        launch=date(2025, 9, 29),
        legacy=date(2026, 10, 8),
        extended_access=date(2027, 1, 8),
        end_of_life=date(2027, 4, 8),
        inputs=_SEES,
        by_profile=True,
    ),
    Model(
        "ai21.jamba-1-5-large-v1:0",
        "Jamba 1.5 Large",
        "AI21 Labs",
        ("us-east-1",),
        launch=date(2024, 9, 23),
        legacy=date(2026, 5, 26),
        extended_access=date(2026, 8, 26),
        end_of_life=date(2026, 11, 26),
    ),
    Model(
        "ai21.jamba-1-5-mini-v1:0",
        "Jamba 1.5 Mini",
        "AI21 Labs",
        ("us-east-1",),
        launch=date(2024, 9, 23),
        legacy=date(2026, 5, 26),
        extended_access=date(2026, 8, 26),
        end_of_life=date(2026, 11, 26),
    ),
    # Its model card gives the end of life, and no source when Legacy begins: that day is invented.
    Model(
        "meta.llama3-3-70b-instruct-v1:0",
        "Llama 3.3 70B Instruct",
        "Meta",
        _US,
        launch=date(2024, 12, 19),
        legacy=date(2026, 10, 21),
        end_of_life=date(2027, 3, 30),
    ),
    Model(
        "twelvelabs.marengo-embed-2-7-v1:0",
        "Marengo Embed v2.7",
        "TwelveLabs",
        ("us-east-1", "eu-west-1"),
        launch=date(2025, 7, 15),
        legacy=date(2026, 5, 29),
        extended_access=date(2026, 8, 29),
        end_of_life=date(2026, 11, 30),
        inputs=_HEARS_AND_SEES,
        outputs=("EMBEDDING",),
    ),
)


def _active(provider: str, *models: tuple[str, str, tuple[str, ...], str]) -> Iterator[Model]:
    for model_id, name, regions, launch in models:
        inputs, outputs = _modalities(model_id)
        yield Model(
            model_id,
            name,
            provider,
            regions,
            date.fromisoformat(launch),
            inputs=inputs,
            outputs=outputs,
            by_profile=provider == "Anthropic",
        )


def _modalities(model_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what a model of this catalog takes and gives: enough to tell kinds of models apart."""
    if "embed" in model_id:
        return (_HEARS_AND_SEES if "marengo" in model_id else ("TEXT",)), ("EMBEDDING",)
    if model_id.startswith("stability."):
        return _SEES, ("IMAGE",)
    if "sonic" in model_id:
        return ("SPEECH",), ("SPEECH", "TEXT")
    return (_SEES if model_id.startswith("anthropic.") else ("TEXT",)), ("TEXT",)


_ACTIVE: Final = (
    *_active(
        "Anthropic",
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5", _ALL, "2025-10-15"),
        ("anthropic.claude-opus-4-5-20251101-v1:0", "Claude Opus 4.5", _ALL, "2025-11-24"),
        ("anthropic.claude-opus-4-6-v1", "Claude Opus 4.6", _ALL, "2026-02-05"),
        ("anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6", _ALL, "2026-02-17"),
        ("anthropic.claude-opus-4-7", "Claude Opus 4.7", _ALL, "2026-04-16"),
        # The Regions of these three are assumed.
        ("anthropic.claude-opus-4-8", "Claude Opus 4.8", _ALL, "2026-05-28"),
        ("anthropic.claude-sonnet-5", "Claude Sonnet 5", _ALL, "2026-06-30"),
        ("anthropic.claude-opus-5", "Claude Opus 5", _ALL, "2026-07-24"),
    ),
    *_active(
        "Amazon",
        ("amazon.nova-2-lite-v1:0", "Nova 2 Lite", _ALL, "2025-12-02"),
        ("amazon.nova-2-lite-v1:0:256k", "Nova 2 Lite", _VIRGINIA, "2025-12-02"),
        (
            "amazon.nova-2-sonic-v1:0",
            "Nova 2 Sonic",
            ("us-east-1", "us-west-2", "ap-northeast-1"),
            "2025-12-02",
        ),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            "Amazon Nova Multimodal Embeddings",
            _VIRGINIA,
            "2025-10-28",
        ),
        ("amazon.nova-pro-v1:0", "Nova Pro", _ALL, "2024-12-03"),
        ("amazon.nova-pro-v1:0:24k", "Nova Pro", _VIRGINIA, "2024-12-03"),
        ("amazon.nova-pro-v1:0:300k", "Nova Pro", _VIRGINIA, "2024-12-03"),
        ("amazon.nova-lite-v1:0", "Nova Lite", _ALL, "2024-12-03"),
        ("amazon.nova-micro-v1:0", "Nova Micro", _ALL, "2024-12-03"),
        (
            "amazon.rerank-v1:0",
            "Rerank 1.0",
            ("us-west-2", "eu-central-1", "ap-northeast-1"),
            "2025-04-03",
        ),
        ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", _ALL, "2024-04-30"),
        ("amazon.titan-embed-text-v2:0:8k", "Titan Text Embeddings V2", _VIRGINIA, "2024-04-30"),
    ),
    *_active(
        "Cohere",
        ("cohere.embed-v4:0", "Embed v4", _ALL, "2025-10-02"),
        ("cohere.embed-english-v3", "Embed English", _NOT_OHIO, "2025-01-24"),
        (
            "cohere.embed-english-v3:0:512",
            "Embed English",
            ("us-east-1", "us-west-2"),
            "2025-01-24",
        ),
        ("cohere.embed-multilingual-v3", "Embed Multilingual", _NOT_OHIO, "2025-01-24"),
        (
            "cohere.rerank-v3-5:0",
            "Rerank 3.5",
            ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1"),
            "2024-12-01",
        ),
    ),
    *_active(
        "DeepSeek",
        ("deepseek.v3.2", "DeepSeek V3.2", _US_AND_TOKYO, "2026-02-06"),
    ),
    *_active(
        "Meta",
        ("meta.llama3-1-8b-instruct-v1:0", "Llama 3.1 8B Instruct", _US, "2024-07-23"),
        ("meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B Instruct", _US, "2024-07-23"),
        ("meta.llama4-scout-17b-instruct-v1:0", "Llama 4 Scout 17B Instruct", _US, "2025-04-28"),
        (
            "meta.llama4-maverick-17b-instruct-v1:0",
            "Llama 4 Maverick 17B Instruct",
            _US,
            "2025-04-28",
        ),
    ),
    *_active(
        "MiniMax",
        ("minimax.minimax-m2.5", "MiniMax M2.5", _ALL, "2026-03-18"),
    ),
    *_active(
        "Mistral AI",
        ("mistral.mistral-large-3-675b-instruct", "Mistral Large 3", _US_AND_TOKYO, "2025-12-02"),
        ("mistral.ministral-3-8b-instruct", "Ministral 3 8B", _NOT_FRANKFURT, "2025-12-02"),
        ("mistral.devstral-2-123b", "Devstral 2 123B", _ALL, "2026-02-17"),
        (
            "mistral.pixtral-large-2502-v1:0",
            "Pixtral Large (25.02)",
            (*_US, "eu-west-1", "eu-central-1"),
            "2025-04-08",
        ),
        ("mistral.voxtral-small-24b-2507", "Voxtral Small 24B 2507", _NOT_FRANKFURT, "2025-12-02"),
    ),
    *_active(
        "Moonshot AI",
        ("moonshotai.kimi-k2.5", "Kimi K2.5", _US_AND_TOKYO, "2026-02-06"),
    ),
    *_active(
        "NVIDIA",
        ("nvidia.nemotron-super-3-120b", "NVIDIA Nemotron 3 Super 120B A12B", _ALL, "2026-03-18"),
    ),
    *_active(
        "OpenAI",
        ("openai.gpt-oss-safeguard-120b", "GPT OSS Safeguard 120B", _NOT_FRANKFURT, "2025-12-02"),
    ),
    *_active(
        "Qwen",
        ("qwen.qwen3-32b-v1:0", "Qwen3 32B (dense)", _ALL, "2025-09-15"),
        ("qwen.qwen3-next-80b-a3b", "Qwen3 Next 80B A3B", _NOT_FRANKFURT, "2025-12-02"),
    ),
    *_active(
        "Stability AI",
        ("stability.sd3-5-large-v1:0", "Stable Diffusion 3.5 Large", _OREGON, "2024-12-12"),
        ("stability.stable-image-inpaint-v1:0", "Stable Image Inpaint", _US, "2025-09-03"),
    ),
    *_active(
        "TwelveLabs",
        (
            "twelvelabs.marengo-embed-3-0-v1:0",
            "Marengo Embed 3.0",
            ("us-east-1", "eu-west-1"),
            "2025-10-28",
        ),
        ("twelvelabs.pegasus-1-2-v1:0", "Pegasus v1.2", _ALL, "2025-10-31"),
    ),
    *_active(
        "Writer",
        ("writer.palmyra-x5-v1:0", "Palmyra X5", _US, "2025-11-21"),
    ),
    *_active(
        "Z.AI",
        ("zai.glm-5", "GLM 5", _US_AND_TOKYO, "2026-03-18"),
    ),
)

MODELS: Final = (*_DATED, *_ACTIVE)


def catalog_at(day: date, models: Iterable[Model] = MODELS) -> dict[str, list[FoundationModel]]:
    """Give what ListFoundationModels answers in each Region of the demo on a day."""
    listed = [model for model in models if model.is_listed(day)]
    return {
        region: [model.as_listed(day) for model in listed if region in model.regions]
        for region in REGIONS
    }


def profiles_at(day: date, models: Iterable[Model] = MODELS) -> dict[str, list[SystemProfile]]:
    """Give the profiles that AWS offers in each Region for Anthropic's models: `us.`, `eu.`."""
    found: dict[str, list[SystemProfile]] = {region: [] for region in REGIONS}
    for model in models:
        if model.provider == "Anthropic" and model.is_listed(day):
            for prefix, name, members in (("us", "US", _US), ("eu", "EU", _EUROPE)):
                regions = [region for region in members if region in model.regions]
                arns = tuple(model_arn(region, model.id) for region in regions)
                for region in regions:
                    profile = SystemProfile(f"{prefix}.{model.id}", f"{name} {model.name}", arns)
                    found[region].append(profile)
    return found


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    summer = _FIRST_SUMMER_MONTH <= day.month <= _LAST_SUMMER_MONTH
    return datetime.combine(day, time(7 if summer else 8), tzinfo=UTC)
