# The commands and variables of passwords in a mirrors file need all of it; base64, so that none of it acts on Node.js.
if [ -n "${DIB_PYPI_MIRRORS:-}" ]; then
    PYPI_CALLER_ENVIRONMENT=$(base64 <"/proc/$$/environ") || fail "cannot read the environment in /proc/$$/environ"
    # Linux takes 128 KiB in one variable.
    [ ${#PYPI_CALLER_ENVIRONMENT} -lt 131000 ] || fail "DIB_PYPI_MIRRORS is set, and the environment has more than 96 KB: unset its largest variables"
    export PYPI_CALLER_ENVIRONMENT
fi
