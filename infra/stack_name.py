"""The stack's name, apart from the stack so that nothing has to start jsii to know it."""

from typing import Final

STACK_NAME: Final = "BedrockLifecycleNotifier"
