"""The emulator: IAM is enforced, TLS-only policies can be met, nothing is left behind."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from local_aws.emulator import (
    ACCOUNT_ID,
    ADMINISTRATOR,
    LAUNCHER,
    VIRTUAL_ENVIRONMENT,
    Emulator,
)
from local_aws.gateway import Gateway
from local_aws.leashed_process import LocalServerError


@pytest.fixture(scope="module")
def endpoints() -> Iterator[tuple[str, str]]:
    with Gateway() as gateway, Emulator() as emulator:
        gateway.forward_to(emulator.endpoint_url)
        yield gateway.endpoint_url, emulator.endpoint_url


def client(service: str, endpoint_url: str, identity: dict[str, str]) -> Any:  # noqa: ANN401 whichever client
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id=identity["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=identity["AWS_SECRET_ACCESS_KEY"],
        aws_session_token="",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_the_administrator_is_the_account(endpoints: tuple[str, str]) -> None:
    identity = client("sts", endpoints[0], ADMINISTRATOR).get_caller_identity()

    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:root"


def test_an_identity_without_permission_is_refused(endpoints: tuple[str, str]) -> None:
    iam = client("iam", endpoints[0], ADMINISTRATOR)
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    with pytest.raises(ClientError, match="not authorized"):
        client("dynamodb", endpoints[0], nobody).list_tables()


def test_a_tls_only_policy_is_met_through_the_gateway_and_not_beside_it(
    endpoints: tuple[str, str],
) -> None:
    through, beside = (client("sns", endpoint, ADMINISTRATOR) for endpoint in endpoints)
    topic = through.create_topic(Name="secure")["TopicArn"]
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Condition": insecure}]}
    through.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )

    through.publish(TopicArn=topic, Message="secure")
    with pytest.raises(ClientError, match="not authorized"):
        beside.publish(TopicArn=topic, Message="insecure")


def test_it_is_gone_after_its_context() -> None:
    with Emulator(enforce_iam=False) as emulator:
        sts = client("sts", emulator.endpoint_url, ADMINISTRATOR)
        assert sts.get_caller_identity()["Account"] == ACCOUNT_ID

    with pytest.raises(EndpointConnectionError):
        sts.get_caller_identity()


def test_a_missing_installation_is_said_in_one_line_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(
        LocalServerError, match=r"^The emulator is not installed .* run: make demo$"
    ):
        Emulator(virtual_environment=tmp_path / VIRTUAL_ENVIRONMENT.name).__enter__()


@pytest.mark.parametrize(
    ("figures", "types", "said"),
    [
        ("RETENTION_SECONDS = 1", "_RESOURCE_HANDLERS = {}", "forgets CloudWatch's figures"),
        ("TWO_WEEKS_SECONDS = 1", "HANDLERS = {}", "keeps its resource types"),
    ],
    ids=["it forgets by another name", "it keeps resource types under another name"],
)
def test_an_emulator_in_which_something_has_another_name_is_not_started(
    tmp_path: Path, figures: str, types: str, said: str
) -> None:
    cloudformation = tmp_path / "ministack" / "services" / "cloudformation"
    cloudformation.mkdir(parents=True)
    (tmp_path / "ministack" / "app.py").write_text("def main(): print('started')")
    (cloudformation.parent / "cloudwatch.py").write_text(figures)
    (cloudformation / "provisioners.py").write_text(types)

    ended = subprocess.run(
        [sys.executable, "-P", str(LAUNCHER)],
        env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert said in ended.stderr
    assert ended.stdout == ""
