"""The operator's command line: what is tracked, what comes, what was told, and what is wrong."""

from importlib.metadata import version
from typing import Final

VERSION: Final = version("bedrock-lifecycle-notifier")
