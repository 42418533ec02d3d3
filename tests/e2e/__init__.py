"""The real app, deployed to the emulator with IAM enforced."""
