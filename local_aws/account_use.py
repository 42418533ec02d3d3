"""What an account does with Bedrock, set up by its administrator in the emulator."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

from local_aws.emulator import ACCOUNT_ID
from local_aws.gateway import CannedAnswer

ClientFor: TypeAlias = Callable[[str, str], Any]
"""Gives a client of a service in a Region."""

NOT_LATELY: Final = CannedAnswer(b'{"Metrics": []}', "application/x-amz-json-1.0")
"""What ListMetrics answers two weeks after the last call. The emulator lists for ever."""

_ROLE: Final = f"arn:aws:iam::{ACCOUNT_ID}:role/bedrock"


class AccountUse:
    """Calls of models, and resources that name one."""

    def __init__(self, client_for: ClientFor) -> None:
        """Act with these clients."""
        self._client_for = client_for

    def invoked(  # noqa: PLR0913 what CloudWatch knows of a day
        self,
        region: str,
        model_id: str,
        on: date,
        *,
        invocations: int,
        input_tokens: int = 0,
        output_tokens: int = 0,
        minutes: int = 1,
    ) -> None:
        """Let CloudWatch have the figures of a day, from noon UTC on; those of one day add up.

        `model_id` is what was called: a model, or an inference profile by id or ARN. The figures
        are spread evenly over `minutes`, of which CloudWatch keeps each apart.
        """
        figures = {
            "Invocations": invocations,
            "InputTokenCount": input_tokens,
            "OutputTokenCount": output_tokens,
        }
        self._client_for("cloudwatch", region).put_metric_data(
            Namespace="AWS/Bedrock", MetricData=list(_data(figures, model_id, on, minutes))
        )

    def create_application_profile(self, region: str, name: str, copy_from: str) -> str:
        """Create an application inference profile of a model, by its ARN; give the profile's.

        The emulator keeps `copy_from` as the profile's only model. AWS gives the models of a
        system profile in its place, so copy from a model here.
        """
        created = self._client_for("bedrock", region).create_inference_profile(
            inferenceProfileName=name, modelSource={"copyFrom": copy_from}
        )
        return str(created["inferenceProfileArn"])

    def create_provisioned_throughput(self, region: str, name: str, model: str) -> str:
        """Buy provisioned throughput of a model, by its id (the emulator takes no ARN)."""
        created = self._client_for("bedrock", region).create_provisioned_model_throughput(
            provisionedModelName=name, modelId=model, modelUnits=1
        )
        return str(created["provisionedModelArn"])

    def create_agent(self, region: str, name: str, model: str) -> str:
        """Create an agent that thinks with a model; give its ARN."""
        created = self._client_for("bedrock-agent", region).create_agent(
            agentName=name, foundationModel=model, agentResourceRoleArn=_ROLE
        )
        return str(created["agent"]["agentArn"])

    def create_prompt(self, region: str, name: str, model: str) -> str:
        """Create a prompt with one variant, for a model; give its ARN."""
        variant = {
            "name": "default",
            "modelId": model,
            "templateType": "TEXT",
            "templateConfiguration": {"text": {"text": "Say good morning."}},
        }
        created = self._client_for("bedrock-agent", region).create_prompt(
            name=name, variants=[variant], defaultVariant="default"
        )
        return str(created["arn"])


def _data(
    figures: dict[str, int], model_id: str, on: date, minutes: int
) -> Iterator[dict[str, object]]:
    noon = datetime.combine(on, time(12), UTC)
    for metric, value in figures.items():
        # A metric that a model has no figures for, like the tokens of an image, does not exist.
        for minute in range(minutes if value else 0):
            yield {
                "MetricName": metric,
                "Dimensions": [{"Name": "ModelId", "Value": model_id}],
                "Timestamp": noon + timedelta(minutes=minute),
                "Value": value / minutes,
                "Unit": "Count",
            }
