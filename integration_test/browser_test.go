package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// otherName is a host name that the browser resolves to this machine. Its origin is not secure, as is usual inside a
// network. The origin of 127.0.0.1 is secure.
const otherName = "mooring.test"

// chromium is a headless browser. All tests of the page share one, because it takes long to start.
type chromium struct {
	first context.Context // chromedp keeps the first tab in it
}

// browser is a tab of it, with a profile of its own.
type browser struct {
	t   *testing.T
	tab context.Context // chromedp keeps the tab in it
	// problems are the complaints of the browser: console messages, exceptions, refused loads, broken policies.
	problems lab.Watched[[]string]
}

// TestPage tests the page in a browser.
func TestPage(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	for name, test := range map[string]func(*testing.T, chromium){
		"IsAccessible":                            pageIsAccessible,
		"BrowserTellsWhatThePolicyForbids":        browserTellsWhatThePolicyForbids,
		"FiltersSearchesAndOpensAStack":           pageFiltersSearchesAndOpensAStack,
		"RefreshesAndTellsTheResult":              pageRefreshesAndTellsTheResult,
		"FollowsPushesAndReportsWithoutReloading": pageFollowsPushesAndReportsWithoutReloading,
		"ReleasesHeldRemovalsInTwoSteps":          pageReleasesHeldRemovalsInTwoSteps,
		"ReleasesAThousandHeldRemovals":           pageReleasesAThousandHeldRemovals,
		"ShowsHintsUntilTheyAreHeeded":            pageShowsHintsUntilTheyAreHeeded,
		"ShowsWhyAStackFailed":                    pageShowsWhyAStackFailed,
		"TellsWhatAStackIsMadeOf":                 pageTellsWhatAStackIsMadeOf,
		"ShowsAFailureAndItsEnd":                  pageShowsAFailureAndItsEnd,
		"ShowsHostilePathsAsText":                 pageShowsHostilePathsAsText,
		"SaysThatTheServiceIsGoneAndComesBack":    pageSaysThatTheServiceIsGoneAndComesBack,
		"ThatFollowedSaysWhatAFreshOneSays":       pageThatFollowedSaysWhatAFreshOneSays,
		"WorksWithoutScripts":                     pageWorksWithoutScripts,
		"KeepsARefreshOpenWhileOthersFollow":      pageKeepsARefreshOpenWhileOthersFollow,
		"TakesNoAnswerOfAProxyForTheServices":     pageTakesNoAnswerOfAProxyForTheServices,
		"WorksBehindNginx":                        pageWorksBehindNginx,
		"WorksBehindCaddy":                        pageWorksBehindCaddy,
		"OfAnotherSiteCannotRefresh":              pageOfAnotherSiteCannotRefresh,
		"OfAThousandStacksIsSmall":                pageOfAThousandStacksIsSmall,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// programOfChromium returns the path of the browser. Without one the test is skipped; in CI it fails.
func programOfChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const advice = "no Chromium is installed: apt-get install chromium, or the like, lets this test run"
	if os.Getenv("CI") == "true" {
		t.Fatal(advice)
	}
	t.Skip(advice)
	return ""
}

// startChromium starts a browser that is stopped at the test's end.
func startChromium(t *testing.T) chromium {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(programOfChromium(t)), chromedp.Headless, // with a user-data-dir of its own, which chromedp removes
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("host-resolver-rules", "MAP "+otherName+" 127.0.0.1, MAP "+frontName+" "+frontAddress),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-default-apps", "disable-extensions", "disable-dev-shm-usage", "disable-breakpad",
		"disable-background-timer-throttling", "disable-renderer-backgrounding", "disable-backgrounding-occluded-windows",
		"metrics-recording-only", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	root, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop) // waits for the end of the process
	first, closeFirst := chromedp.NewContext(root)
	t.Cleanup(closeFirst)
	// No timeout here: this call starts the browser, which would end when the timeout does.
	_, err := chromedp.Run(first, chromedp.Evaluate[chromedp.Void]("0"))
	is.New(t).NoErr(err)
	return chromium{first}
}

// browse opens a tab that is closed at the test's end. A test that expects no complaint calls checkProblems.
func (c chromium) browse(t *testing.T) browser {
	t.Helper()
	b := browser{t: t, problems: watch(t, []string(nil))}
	tab, closeTab := chromedp.NewContext(c.first, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(closeTab)
	b.tab = tab
	_, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void]("0")) // opens it; no timeout, for the same reason
	is.New(t).NoErr(err)
	b.do(chromedp.EmulateViewport(1280, 900))
	_, err = chromedp.Call(tab, log.Enable, cdp.Empty{})
	is.New(t).NoErr(err)
	return b
}

// listen notes the complaints of the browser.
func (b browser) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			complaint += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		complaint = fmt.Sprintf("console.%s: %s", e.Type, asJSON(e.Args))
	case *log.EventEntryAdded:
		complaint = fmt.Sprintf("%s: %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	}
	if complaint != "" {
		b.problems.Change(func(list *[]string) { *list = append(*list, complaint) })
	}
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// checkProblems fails the test if the browser had a complaint that contains none of the expected texts.
func (b browser) checkProblems(expected ...string) {
	b.t.Helper()
	for _, problem := range b.problems.Value() {
		known := false
		for _, text := range expected {
			known = known || strings.Contains(problem, text)
		}
		if !known {
			b.t.Errorf("the browser complains: %s", problem)
		}
	}
}

func (b browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	is.New(b.t).NoErr(chromedp.Do(ctx, steps...))
}

// open loads a page.
func (b browser) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// look evaluates an expression in the page.
func look[T any](b browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until returns when an expression is true in the page, and fails the test when that takes too long. It asks from here,
// again and again, because the page's scripts may be off.
func (b browser) until(expression string) {
	b.t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(patience); ; {
		if look[bool](b, "(() => { try { return Boolean("+expression+"); } catch { return false; } })()") {
			return
		}
		select {
		case <-again.C:
		case <-limit:
			b.t.Fatalf("waited %s in vain for %s; the page says:\n%s", patience, expression,
				look[string](b, "document.body.innerText"))
		}
	}
}

// untilText returns when an element, by its id, can be seen and has a text.
func (b browser) untilText(id, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`((element) => element.checkVisibility() && element.innerText.includes(%s))(
		document.getElementById(%q))`, asJSON(text), id))
}

// untilShown and untilHidden return when an element, by its id, can be seen or not.
func (b browser) untilShown(id string) {
	b.t.Helper()
	b.until("document.getElementById('" + id + "').checkVisibility()")
}
func (b browser) untilHidden(id string) {
	b.t.Helper()
	b.until("!document.getElementById('" + id + "').checkVisibility()")
}

// scheme lets the page see a preference for light or dark colours, and one for little motion.
func (b browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	is.New(b.t).NoErr(err)
}

// scripts switches the page's scripts on or off; what tests evaluate runs all the same.
func (b browser) scripts(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.tab, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: !on})
	is.New(b.t).NoErr(err)
}
