"""Tests of the stand-ins for AWS: each fails when the stand-in is not what it says."""
