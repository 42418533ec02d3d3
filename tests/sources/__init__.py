"""The real Bedrock source against a Bedrock that misbehaves."""
