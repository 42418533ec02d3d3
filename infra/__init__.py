"""The AWS CDK app: one construct per capability, wired in `stack`."""
