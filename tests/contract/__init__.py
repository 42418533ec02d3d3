"""Contracts that hold over the real DynamoDB as over anything that stands in for it."""
