package location

import "encoding/base64"

// Credentials are what a session shows to the host. They are read anew for each session, so that a rotated one counts.
type Credentials struct {
	Username, Password string
}

// DefaultUsername is the name where only a password or token is given: hosts that take tokens accept any.
const DefaultUsername = "git"

// Basic is the value of the header Authorization (RFC 7617), or empty where there is nothing to show.
func (c Credentials) Basic() string {
	if c == (Credentials{}) {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
}
