"""`python -m bedrock_lifecycle`: the same as `bedrock-lifecycle`."""

from bedrock_lifecycle.app import main

if __name__ == "__main__":
    main()
