"""The stack against cdk-nag's AwsSolutions rules; exceptions carry their reasons in `infra`."""

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

from infra.template import stack_without_asset
from tests.template.stacks import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_no_rule_is_broken_without_a_reason(name: str) -> None:
    stack = stack_without_asset(dict(VARIANTS[name]))
    app = stack.node.root
    assert isinstance(app, App)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()  # raises and prints each finding


def test_a_broken_rule_is_found() -> None:
    """Show that the check above can fail."""
    stack = stack_without_asset({})
    app = stack.node.root
    assert isinstance(app, App)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    sns.Topic(stack, "WithoutTls")

    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()
