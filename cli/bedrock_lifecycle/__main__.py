"""`python -m bedrock_lifecycle`: the same as `bedrock-lifecycle`."""

from bedrock_lifecycle.app import run

if __name__ == "__main__":
    run()
