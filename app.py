"""The CDK app. Makes no AWS call and synthesises without credentials."""

import os
import sys

from aws_cdk import App

from infra.config import SettingError, load, refuse_in_region
from infra.stacks import add_stacks


def main() -> None:
    """Synthesise the stacks, or exit with the one-line reason why a setting is refused."""
    app = App()
    # A Region must be named because a table under a customer-managed key cannot be synthesised
    # without one. The CDK CLI sets the variable from the credentials that it is given.
    region = os.environ.get("CDK_DEFAULT_REGION", "us-east-1")
    try:
        settings = load(app.node.get_all_context())
        refuse_in_region(settings, region)
    except SettingError as reason:
        sys.exit(str(reason))
    # The account is left open: every stack goes to the one that the credentials name.
    add_stacks(app, settings=settings, region=region)
    app.synth()


if __name__ == "__main__":
    main()
