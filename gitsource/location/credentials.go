package location

import "encoding/base64"

// Credentials are what is shown to a host. Settings.Credentials reads them anew for each session, so that a new
// password counts at once.
type Credentials struct {
	// Username and Password are as they are shown; either may be empty.
	Username, Password string
}

// DefaultUsername is the name that goes with a password or token that was given alone. Hosts that take tokens accept
// any name.
const DefaultUsername = "git"

// Basic is the value of the header Authorization (RFC 7617), or empty if there is nothing to show.
func (c Credentials) Basic() string {
	if c == (Credentials{}) {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
}
