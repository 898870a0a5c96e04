package gitsource

import "encoding/base64"

// credentials are what a session shows to the host. They are read anew for each session, so that a rotated one counts.
type credentials struct {
	username, password string
}

// defaultUsername is the name where only a password or token is given: hosts that take tokens accept any.
const defaultUsername = "git"

// basic is the value of the header Authorization (RFC 7617), or empty where there is nothing to show.
func (c credentials) basic() string {
	if c == (credentials{}) {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.username+":"+c.password))
}
