// Package location reads the settings of the repository's address (GIT_URL), of the tracked ref (GIT_REF) and of the
// credentials. It tells an operator what is wrong with them, and makes a Redactor that removes their secrets from
// texts.
//
// It does not use the network. Package transport connects with an Endpoint and Credentials.
package location
