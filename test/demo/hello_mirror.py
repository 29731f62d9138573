"""The sample package of `make image`: what is installed where no package index can be reached."""

import hello_mirror_greeting


def greet():
    """Say where it came from."""
    return hello_mirror_greeting.GREETING
