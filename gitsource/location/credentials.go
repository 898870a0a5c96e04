package location

import "encoding/base64"

// Credentials are sent to a host. Settings.Credentials reads them anew for each session, so that a new password takes
// effect at once.
type Credentials struct {
	// Username and Password are not encoded; either may be empty.
	Username, Password string
}

// DefaultUsername is the name for a password or token without a name. Hosts that take tokens accept any name.
const DefaultUsername = "git"

// Basic is the value of the header Authorization (RFC 7617), or empty if there are no credentials.
func (c Credentials) Basic() string {
	if c == (Credentials{}) {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
}
