"""The stacks against cdk-nag's AwsSolutions rules; exceptions carry their reasons in `infra`."""

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

from infra.stack_name import STACK_NAME
from infra.template import stacks_without_asset
from tests.template.stacks import FORWARDER, VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_no_rule_is_broken_without_a_reason(name: str) -> None:
    stack = stacks_without_asset(dict(VARIANTS[name]))[STACK_NAME]
    app = stack.node.root
    assert isinstance(app, App)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()  # raises and prints each finding


def test_a_broken_rule_is_found() -> None:
    """Show that the check above can fail."""
    stack = stacks_without_asset({})[STACK_NAME]
    app = stack.node.root
    assert isinstance(app, App)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    sns.Topic(stack, "WithoutTls")

    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()


def test_a_broken_rule_is_found_in_a_stack_beside_the_main_one_too() -> None:
    forwarder = stacks_without_asset({})[FORWARDER]
    app = forwarder.node.root
    assert isinstance(app, App)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    sns.Topic(forwarder, "WithoutTls")

    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()
