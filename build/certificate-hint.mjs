/** What npm (Node.js) and pip (OpenSSL) say where they do not trust a server's certificate. */
const distrust =
  /SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|CERT_UNTRUSTED|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate/i

/**
 * What to do where a package manager does not trust the certificate that it was shown: a proxy that opens TLS shows its own.
 *
 * @param {string} output What npm or pip wrote.
 * @returns {string | undefined} A line; undefined if the output says nothing about certificates.
 */
export const certificateHint = (output) =>
  distrust.test(output)
    ? "A certificate here is not trusted. If a proxy opens TLS, name the file of its CA's certificate in NODE_EXTRA_CA_CERTS for npm, and in PIP_CERT for pip."
    : undefined
