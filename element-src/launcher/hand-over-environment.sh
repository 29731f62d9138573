# password-command and password-env need the caller's whole environment. base64 keeps it from affecting Node.js.
if [ -n "${DIB_PYPI_MIRRORS:-}" ]; then
    PYPI_CALLER_ENVIRONMENT=$(base64 <"/proc/$$/environ") || fail "cannot read the environment in /proc/$$/environ"
    # Linux takes 128 KiB in one variable.
    [ ${#PYPI_CALLER_ENVIRONMENT} -lt 131000 ] || fail "DIB_PYPI_MIRRORS is set, and the environment has more than 96 KB: unset its largest variables"
    export PYPI_CALLER_ENVIRONMENT
fi
