"""Stand-ins for AWS on this machine: for the demo and for the tests."""
