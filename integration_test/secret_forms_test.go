package integration_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Every test searches for secrets. These tests show in which forms it finds them.

func TestSecretIsFoundInEveryForm(t *testing.T) {
	const secret = `p@ss: "w/rd" <it's>&+%41\é`
	for form, text := range map[string]string{
		"as it is":                           secret,
		"a query":                            `p%40ss%3A+%22w%2Frd%22+%3Cit%27s%3E%26%2B%2541%5C%C3%A9`,
		"a path":                             `p@ss:%20%22w%2Frd%22%20%3Cit%27s%3E&+%2541%5C%C3%A9`,
		"a URL's password":                   `p%40ss%3A%20%22w%2Frd%22%20%3Cit%27s%3E&+%2541%5C%C3%A9`,
		"percent digits in lower case":       `p%40ss%3a%20%22w%2frd%22%20%3cit%27s%3e%26%2b%2541%5c%c3%a9`,
		"percent digits where none are due":  `%70@s%73:%20"w/rd"%20<it's>&%2b%2541\é`,
		"JSON of Go's encoder":               `p@ss: \"w/rd\" \u003cit's\u003e\u0026+%41\\é`,
		"JSON that leaves HTML alone":        `p@ss: \"w/rd\" <it's>&+%41\\é`,
		"JSON in ASCII, with escaped slash":  `p@ss: \"w\/rd\" <it\u0027s>&+%41\\\u00E9`,
		"a quoted value in ASCII":            `p@ss: \"w/rd\" <it's>&+%41\\\xc3\xa9`,
		"HTML":                               `p@ss: &#34;w/rd&#34; &lt;it&#39;s&gt;&amp;+%41\é`,
		"HTML of a template":                 `p@ss: &#34;w/rd&#34; &lt;it&#39;s&gt;&amp;&#43;%41\é`,
		"HTML with names and hex digits":     `p&commat;ss: &quot;w/rd&quot; &lt;it&apos;s&gt;&amp;&#x2B;&#37;41&bsol;&eacute;`,
		"a query in HTML":                    `p%40ss%3A&#43;%22w%2Frd%22&#43;%3Cit%27s%3E%26%2B%2541%5C%C3%A9`,
		"a query in JSON":                    `p%40ss%3A\u002b%22w%2Frd%22+%3Cit%27s%3E%26%2B%2541%5C%C3%A9`,
		"JSON in HTML":                       `p@ss: \&#34;w/rd\&#34; \u003cit&#39;s\u003e\u0026&#43;%41\\é`,
		"JSON in HTML that holds it encoded": `p%40ss:%20%22w/rd%22%20\u003cit&#39;s\u003e\u0026&#43;%2541\\é`,
	} {
		text = `level=DEBUG msg="a line" of="` + text + `"` + "\n"
		if lab.Told(text, "another", secret) != secret {
			t.Errorf("%s hides it: %s", form, text)
		}
	}
	is.New(t).Equal(lab.Told(strings.Repeat(`p@ss: "w/rd" <it's>&+%4\u00e9 `, 10), secret, ""), "")
}

// A secret is searched for as it was set, and as HTTP sends it.
func TestSecretsOfAnEnvironmentAreKnown(t *testing.T) {
	file := newSecretFile(t, "of a file").path
	sent := func(userinfo string) string { return base64.StdEncoding.EncodeToString([]byte(userinfo)) }
	for _, c := range []struct{ variables, known []string }{
		{[]string{"WEBHOOK_SECRET=one", "DEPLOYER_TOKEN_FILE=" + file}, []string{"one", "of a file"}},
		{[]string{"GIT_URL=http://robot:p%40%73s@h/x"}, []string{"p@ss", sent("robot:p@ss")}},
		{[]string{"GIT_URL=http://t%40ken@h/x"}, []string{"t@ken", sent("t@ken:")}},
		{[]string{"GIT_URL=http://h/x", "GIT_USERNAME=robot", "GIT_PASSWORD=pass"}, []string{"pass", sent("robot:pass")}},
		{[]string{"GIT_URL=http://h/x", "GIT_PASSWORD_FILE=" + file}, []string{"of a file", sent("git:of a file")}},
		{[]string{"GIT_URL=http://robot:old@h/x", "GIT_PASSWORD=new"}, []string{"old", "new", sent("robot:new")}},
		{[]string{"GIT_URL=http://robot:p%40ss@h/x", "GIT_USERNAME=other"}, []string{"p@ss", sent("other:p@ss")}},
		{[]string{"GIT_URL=http://robot:p%40s%s@[h/x"}, []string{"p%40s%s", "p@s%s"}}, // that cannot be read
		{[]string{"HTTPS_PROXY=http://robot:p%40ss@h"}, []string{"p@ss", sent("robot:p@ss")}},
	} {
		found := secretsOf(c.variables)
		for _, known := range c.known {
			if lab.Told(known, found...) == "" {
				t.Errorf("%q: %q is not searched for, but %q is", c.variables, known, found)
			}
		}
	}
	is.New(t).Equal(len(secretsOf([]string{"GIT_URL=ssh://git@h/x", "GIT_USERNAME=robot"})), 0)
}
