"""Tells an AWS account in time, and once, what happens to its Amazon Bedrock models."""
