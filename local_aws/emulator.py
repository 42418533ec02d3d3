"""MiniStack, the local AWS emulator, as a context manager.

It runs in a virtual environment of its own because it pins botocore.
"""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import boto3
from botocore.config import Config

from local_aws.leashed_process import LeashedProcess, LocalServerError
from local_aws.loopback import HOST, free_port

PROJECT: Final = Path(__file__).resolve().parent.parent
VIRTUAL_ENVIRONMENT: Final = PROJECT / ".venv-emulator"
LAUNCHER: Final = Path(__file__).with_name("launch_emulator.py")

ACCOUNT_ID: Final = "123456789012"

ADMINISTRATOR: Final = {"AWS_ACCESS_KEY_ID": ACCOUNT_ID, "AWS_SECRET_ACCESS_KEY": "test"}
"""A twelve-digit access key is that account's root user, also where IAM is enforced."""

_INHERITED: Final = ("PATH", "LANG", "LC_ALL")


def administrator_client(
    service: str, endpoint_url: str, *, region: str, config: Config | None = None
) -> Any:  # noqa: ANN401 whichever client
    """Give an administrator's client of any service."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


class Emulator:
    """One emulator with an empty account, on a free loopback port."""

    def __init__(
        self,
        *,
        enforce_iam: bool = True,
        environment: Mapping[str, str] | None = None,
        virtual_environment: Path = VIRTUAL_ENVIRONMENT,
    ) -> None:
        """Prepare. The deployed functions inherit `environment`."""
        self._enforce_iam = enforce_iam
        self._environment = dict(environment or {})
        self._python = virtual_environment / "bin" / "python"
        self._command = virtual_environment / "bin" / "ministack"
        self._process: LeashedProcess | None = None
        self.endpoint_url = ""

    def __enter__(self) -> Self:
        """Start and wait until it answers."""
        if not self._command.exists():
            message = f"The emulator is not installed ({self._command} is missing); run: make demo"
            raise LocalServerError(message)
        port = free_port()
        self.endpoint_url = f"http://{HOST}:{port}"
        self._process = LeashedProcess("ministack")
        self._process.start(
            # What the command does, and one thing before it. -P: the modules beside the launcher
            # must not be found in place of the emulator's own.
            [str(self._python), "-P", str(LAUNCHER)],
            environment=self._hygiene(port, self._process.scratch),
            is_ready=self._answers,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it with the functions it runs; its data goes with it."""
        if self._process:
            self._process.stop()

    def log(self) -> str:
        """Give the end of what it printed, while it runs."""
        return self._process.log() if self._process else ""

    def kill_function(self, name: str) -> int:
        """Kill the processes of a function at once, as Lambda does where memory is used up.

        The emulator knows no limit of memory. Gives how many there were.
        """
        found = self._process.descendants() if self._process else {}
        # Each runs a script of its own, in a folder that has the function's name.
        mine = [pid for pid, command in found.items() if f"/ministack-lambda-{name}-" in command]
        for pid in mine:
            os.kill(pid, signal.SIGKILL)
        return len(mine)

    def _hygiene(self, port: int, scratch: Path) -> dict[str, str]:
        # Named variables only: nothing of the caller's AWS configuration may leak in, because
        # the deployed functions inherit all of this.
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return inherited | {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "AUTH": "true" if self._enforce_iam else "false",
            "TMPDIR": str(scratch),
            "HOME": str(scratch),
            "S3_DATA_DIR": str(scratch / "s3"),
            "STATE_DIR": str(scratch / "state"),
            **self._environment,
        }

    def _answers(self) -> bool:
        ready = f"{self.endpoint_url}/_ministack/ready"
        try:
            with urllib.request.urlopen(ready, timeout=2) as answer:  # noqa: S310 loopback
                return bool(answer.status == HTTPStatus.OK)
        except urllib.error.HTTPError as not_yet:
            not_yet.close()
            return False
        except OSError:
            return False
