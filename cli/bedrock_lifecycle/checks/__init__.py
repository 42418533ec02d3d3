"""What `doctor` looks at. Each check asks AWS in one function and judges in another, which is pure.

A check gives findings: what is so, and how to mend what is wrong. One that fails blocks no other.
"""
