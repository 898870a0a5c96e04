package transport

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// proxies are the settings of proxies in the environment, as git and curl read them (curl(1), section "Environment"):
// HTTPS_PROXY and HTTP_PROXY for requests of their scheme, ALL_PROXY if the scheme has none of its own, and NO_PROXY for
// hosts without a proxy. Each may be in lower case, too. As with git they are not for SSH and git://. The zero value has
// none.
type proxies struct {
	find func(*url.URL) (*url.URL, error)
	// secrets are the passwords of the proxies, raw and as HTTP sends them.
	secrets []string
}

// readProxies reads the environment. The error names the variable and the rule, and quotes no value.
func readProxies() (proxies, error) {
	config := httpproxy.FromEnvironment()
	all := cmp.Or(os.Getenv("all_proxy"), os.Getenv("ALL_PROXY"))
	var p proxies
	for _, one := range []struct {
		name  string
		value *string
	}{{"HTTPS_PROXY", &config.HTTPSProxy}, {"HTTP_PROXY", &config.HTTPProxy}} {
		name := one.name
		if *one.value == "" {
			name, *one.value = "ALL_PROXY", all
		}
		if *one.value == "" {
			continue
		}
		address, err := parseProxy(*one.value)
		if err != nil {
			return proxies{}, fmt.Errorf("%s %w", name, err)
		}
		if password, isSet := address.User.Password(); isSet {
			pair := address.User.Username() + ":" + password
			p.secrets = append(p.secrets, password, base64.StdEncoding.EncodeToString([]byte(pair)))
		}
	}
	p.find = config.ProxyFunc()
	return p, nil
}

// parseProxy reads the address of a proxy, which may lack "http://". httpproxy ignores an address that it cannot read,
// and net/http takes a scheme that it does not know for HTTP.
func parseProxy(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	address, err := url.Parse(value)
	known := []string{"http", "https", "socks5", "socks5h"}
	if err != nil || address.Hostname() == "" || !slices.Contains(known, address.Scheme) {
		return nil, fmt.Errorf("must be the address of a proxy that begins with %s:// or %s://",
			strings.Join(known[:3], "://, "), known[3])
	}
	return address, nil
}

// of returns the proxy of a request; nil for none.
func (p proxies) of(request *http.Request) *url.URL {
	if p.find == nil {
		return nil
	}
	address, err := p.find(request.URL)
	if err != nil {
		return nil
	}
	return address
}

// forwards tells whether a proxy sees the request itself: over plain HTTP. For any other request it makes a tunnel.
func forwards(proxy *url.URL, request *http.Request) bool {
	return proxy != nil && request.URL.Scheme == "http" && !isSOCKS(proxy)
}

func isSOCKS(proxy *url.URL) bool { return strings.HasPrefix(proxy.Scheme, "socks5") }
