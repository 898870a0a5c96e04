// Package location says where a repository is (GIT_URL), what is followed in it (GIT_REF), and what is shown to its
// host. It reads these settings, tells an operator what is wrong with them, and makes a Redactor that removes their
// secrets from texts.
//
// It asks nothing of the network. Whoever connects is given an Endpoint and Credentials.
package location
