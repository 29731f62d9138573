/**
 * This machine's environment without what would reach into a build: `sudo -E` carries PIP_*, UV_*, NODE_* and the places
 * of this machine's certificates (SSL_CERT_FILE, REQUESTS_CA_BUNDLE) into the image, and DIB_* and PYPI_* are what a test
 * sets itself.
 *
 * @param added The variables that the test sets; undefined removes one.
 */
export const cleanEnvironment = (
  added: Readonly<Record<string, string | undefined>> = {},
): Record<string, string | undefined> => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:PIP_|UV_|NODE_|DIB_|PYPI_|TAP_|XDG_|SSL_|REQUESTS_|CURL_|ELEMENTS_PATH$|npm_|MAKE|MFLAGS$)/.test(name),
    ),
  ),
  // What an installer leaves is what the test looks for, whatever this machine sets.
  PYTHONDONTWRITEBYTECODE: '1',
  ...added,
})
