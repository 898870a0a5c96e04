package api

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"mooring/api/webhook"
)

// Settings of the HTTP side. README.md describes the variables.
type Settings struct {
	// ListenAddr is where HTTP is served, as host:port or unix:/path.
	ListenAddr string `envconfig:"LISTEN_ADDR" default:":8080" desc:"where HTTP is served, host:port or unix:/path; a socket that systemd hands over takes its place"`
	// AllowedHosts are the host names that a Host header may have, without port. An empty list allows any.
	AllowedHosts []string `envconfig:"ALLOWED_HOSTS" desc:"host names that requests may be sent to, separated by commas; unset: any"`
	// MetricsAddr is where Prometheus finds /metrics, as host:port; empty for nowhere.
	MetricsAddr string `envconfig:"METRICS_ADDR" desc:"where /metrics is served to Prometheus, host:port; unset: nowhere"`
	// TrackedRefs are the full names of the refs that refreshes may follow, or only HEAD for the remote's default
	// branch. The webhook ignores pushes to other refs. If the list is empty, it ignores every push.
	TrackedRefs []string `ignored:"true"`

	// WebhookSenders are the names of the senders whose proofs the webhook accepts. An empty list stands for github.
	WebhookSenders []string `envconfig:"WEBHOOK_SENDERS" default:"github" desc:"whose deliveries the webhook accepts, separated by commas: github (also Gitea and Forgejo), gitlab, gitlab-token, gogs, bitbucket, azure-devops, sourcehut (only alone), bearer"`
	// WebhookSecret returns the key of the webhook's signatures. It is called at each use, so that a change of its file
	// takes effect at once. Without a function, or with an empty key or an error, every delivery is refused.
	WebhookSecret func() (string, error) `envconfig:"WEBHOOK_SECRET" desc:"key of the webhook's signatures; unset: the webhook answers 503"`
	// WebhookSecretPrevious returns a second key that is accepted too, so that an operator can replace the first.
	WebhookSecretPrevious func() (string, error) `envconfig:"WEBHOOK_SECRET_PREVIOUS" desc:"second key that is accepted, for the rotation of WEBHOOK_SECRET"`
	// DeployerToken returns the token that deployers send with their reports. If it is set when the server is made, it
	// is needed from then on: when it is empty or unreadable later, every report is refused.
	DeployerToken func() (string, error) `envconfig:"DEPLOYER_TOKEN" desc:"bearer token that deployers send with PUT and DELETE; unset: no token is needed"`
}

// Validate returns an error that names the variable and the rule it breaks.
func (s Settings) Validate() error {
	if !isAddress(s.ListenAddr) && !isSocket(s.ListenAddr) {
		return fmt.Errorf("LISTEN_ADDR must be host:port with a port from 0 to 65535, such as :8080, or unix: and an "+
			"absolute path of at most %d bytes", longestSocketPath)
	}
	if s.MetricsAddr != "" && !isAddress(s.MetricsAddr) {
		return errors.New("METRICS_ADDR must be host:port with a port from 0 to 65535, such as 127.0.0.1:9090")
	}
	for _, host := range s.AllowedHosts {
		if !isHostName(hostName(host)) {
			return fmt.Errorf("ALLOWED_HOSTS must be host names separated by commas, without scheme, port and path: "+
				"%q is not one", host)
		}
	}
	return webhook.CheckSenders(s.senders())
}

// senders returns the names in WebhookSenders without blanks.
func (s Settings) senders() []string {
	if len(s.WebhookSenders) == 0 {
		return []string{webhook.GitHub}
	}
	names := make([]string, 0, len(s.WebhookSenders))
	for _, name := range s.WebhookSenders {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// CheckWebhookSecret returns an error if the value of WEBHOOK_SECRET or WEBHOOK_SECRET_PREVIOUS cannot be one for
// WebhookSenders. The error names the variable and does not show the value.
func (s Settings) CheckWebhookSecret(variable, value string) error {
	return webhook.CheckKey(s.senders(), variable, value)
}

// isAddress tells whether text is host:port, where the port is a number or the name of a service. It asks no name
// server.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil && port != ""
}

// hostName returns the host name of an entry of ALLOWED_HOSTS, or of a Host header without a port, in a normal form for
// comparison: lower case, without a dot at the end and without the brackets of an IPv6 address.
func hostName(host string) string {
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	if inner, found := strings.CutPrefix(host, "["); found {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

// isHostName tells whether name is an IP address or a host name. A host name consists of labels that are not empty, of
// letters, digits, hyphens and underscores; underscores occur in private networks.
func isHostName(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// hostNames is the set of names that a Host header may have.
type hostNames map[string]struct{}

func newHostNames(allowed []string) hostNames {
	names := make(hostNames, len(allowed))
	for _, host := range allowed {
		names[hostName(host)] = struct{}{}
	}
	return names
}

// allow tells whether the set has the name in a Host header. An empty set allows every name.
func (n hostNames) allow(header string) bool {
	if len(n) == 0 {
		return true
	}
	host := header
	if name, port, err := net.SplitHostPort(header); err == nil && strings.Trim(port, "0123456789") == "" {
		host = name
	}
	_, allowed := n[hostName(host)]
	return allowed
}
