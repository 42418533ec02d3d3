"""Somebody who runs the command line, with the rights of documented policies and no others."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest.mock import patch

import pytest

from bedrock_lifecycle.app import main
from tests.e2e.conftest import EAST

if TYPE_CHECKING:
    from datetime import datetime

    from local_aws.cloud import LocalCloud

POLICIES: Final = Path(__file__).resolve().parents[2] / "docs" / "policies"
COMMAND: Final = Path(sys.executable).with_name("bedrock-lifecycle")


class Done(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


class Person:
    """Somebody at a terminal, with the rights of some documented policies and nothing else."""

    def __init__(
        self, cloud: LocalCloud, name: str, *policies: str, now: datetime | None = None
    ) -> None:
        """Make the user and its access key. `now` is when they sit there, if not by the clock."""
        iam = cloud.client("iam")
        iam.create_user(UserName=name)
        for policy in policies:
            document = (POLICIES / f"{policy}.json").read_text()
            iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.name = name
        self._environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_REGION": EAST,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": cloud.gateway.endpoint_url,
            "AWS_ENDPOINT_URL_BEDROCK": cloud.bedrock.endpoint_url,
            **({"BEDROCK_LIFECYCLE_NOW": now.isoformat()} if now else {}),
        }

    def runs(self, *words: str, expect: int = 0, **environment: str) -> Done:
        """Run a command here, and see that it ends as expected."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self._environment | environment, clear=True),
            patch.object(sys, "argv", [COMMAND.name, *words]),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        done = Done(out.getvalue(), err.getvalue())
        assert ended.value.code == expect, done
        return done

    def starts(self, *words: str, expect: int = 0, **environment: str) -> Done:
        """Run the installed command, and see that it ends as expected."""
        done = subprocess.run(
            [str(COMMAND), *words],
            capture_output=True,
            text=True,
            check=False,
            env=self._environment | environment,
            timeout=120,
        )
        assert done.returncode == expect, done
        return Done(done.stdout, done.stderr)

    def reads(self, *words: str, expect: int = 0) -> Any:  # noqa: ANN401 whatever JSON it prints
        """Run a command with `--json` and give what it printed."""
        return json.loads(self.runs(*words, "--json", expect=expect).stdout)
