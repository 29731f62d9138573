"""The sample package's dependency."""

GREETING = 'installed from a mirror'
