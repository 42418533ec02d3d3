"""The CDK app. Makes no AWS call and synthesises without credentials."""

import os
import sys

from aws_cdk import App, Environment

from infra.config import SettingError, load, refuse_other_region
from infra.stack import NotifierStack


def main() -> None:
    """Synthesise the stack, or exit with the one-line reason why a setting is refused."""
    app = App()
    # A Region must be named because a table under a customer-managed key cannot be synthesised
    # without one. The CDK CLI sets the variable from the credentials that it is given.
    region = os.environ.get("CDK_DEFAULT_REGION", "us-east-1")
    try:
        settings = load(app.node.get_all_context())
        refuse_other_region(settings, region)
    except SettingError as reason:
        sys.exit(str(reason))
    NotifierStack(app, settings=settings, env=Environment(region=region))
    app.synth()


if __name__ == "__main__":
    main()
