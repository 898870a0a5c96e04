// Package privatekey reads the private key that GIT_SSH_KEY_FILE names, and the certificate beside it.
//
// It reads keys in OpenSSH's format (OpenSSH, PROTOCOL.key), in PEM as older programs write it (RFC 7468; encrypted
// with "DEK-Info" of RFC 1421) and in PKCS #8 (RFC 5958, not encrypted). For other forms the error has the command that
// writes the key in one of these. The commands name the file by its variable, because an operator may have set that to
// the key itself, which must not be shown.
package privatekey
