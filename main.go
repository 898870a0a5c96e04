// Command mooring reads docker-compose stacks from a Git repository and serves their desired state over HTTP.
// packaging/help.txt describes its flags and settings. This package reads the settings, and starts and stops the parts
// that the other packages implement.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"mooring/actors"
	"mooring/api"
	"mooring/api/encode"
	"mooring/gitsource"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command. ctx ends when the process is asked to stop. The exit code is 2 after a wrong setting or
// argument, 1 after any other error, and 0 otherwise.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	switch serving := len(args) == 0; {
	case errors.Is(err, errReported):
	case serving: // whoever started the service may not read what it says
		out := startLog(stderr, new(settings).logHandler)
		report(err, serving, out)
		out.close()
	default:
		report(err, serving, stderr)
	}
	if _, ok := errors.AsType[settingError](err); ok {
		return 2
	}
	return 1
}

// errReported is in the chain of an error that is in the log already.
var errReported = errors.New("the log has the reason")

// report writes one line that says why the command failed. The line is a sentence for people, and JSON if the service
// has a log in JSON.
func report(err error, serving bool, stderr io.Writer) {
	if serving && os.Getenv("LOG_FORMAT") == "json" {
		slog.New(slog.NewJSONHandler(stderr, nil)).Error("mooring has failed", "error", err)
		return
	}
	fmt.Fprintf(stderr, "mooring: %v\n", err)
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("mooring", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	once := flags.Bool("once", false, "")
	var plan planFlag
	flags.Var(&plan, "plan", "")
	healthcheck := flags.Bool("healthcheck", false, "")
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	unsetEmpty()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return help(stdout)
	case err != nil:
		return settingError{fmt.Errorf("%w; mooring -help lists the flags and the settings", err)}
	case flags.NArg() > 0:
		// The argument is not shown: it may be an address with a password in it.
		return settingError{errors.New("unexpected argument: settings are read from the environment, the repository's " +
			"address from GIT_URL")}
	case *version:
		_, err = fmt.Fprintln(stdout, api.Version())
		return err
	case *healthcheck:
		return checkHealth(ctx)
	}
	s, err := readSettings()
	if err == nil && plan == "" {
		err = actors.CheckSnapshotFile(s.Process.SnapshotFile) // it writes, and -plan does not
	}
	if err != nil {
		return settingError{err}
	}
	if (*once || plan != "") && isTerminal(stderr) {
		fmt.Fprintf(stderr, "mooring: waiting for %s, for %s at most\n", s.Git.DisplayURL(), s.Refresh.RefreshTimeout)
	}
	switch {
	case plan != "":
		return runPlan(ctx, s, plan, stdout, stderr)
	case *once:
		return runOnce(ctx, s, stdout, stderr)
	default:
		return serveLogged(ctx, s, stderr)
	}
}

// checkHealth asks the service that runs on this machine. It does not validate the settings: the service did that when
// it started.
func checkHealth(ctx context.Context) error {
	var s settings
	err := errors.Join(process(&s.Process), process(&s.API))
	if err != nil || s.Process.Headless { // a headless service does not listen
		return err
	}
	return api.CheckHealth(ctx, s.API.ListenAddr)
}

// unreadable is the sentence for an operator when a start cannot use the snapshot file.
const unreadable = "SNAPSHOT_FILE cannot be read back: what deployers reported is not known"

// newSource makes the source of the desired state.
func newSource(s settings) (*gitsource.Source, error) {
	source, err := gitsource.New(s.Git)
	if err != nil {
		return nil, settingError{err}
	}
	return source, nil
}

// start runs the refresh actor until ctx ends. The channel gets the error with which the actor ends, or nil. If the
// snapshot file is unreadable, start calls warn with the reason.
func start(
	ctx context.Context, s settings, source *gitsource.Source, log *slog.Logger, warn func(error),
) (*actors.Refresher, <-chan error) {
	file := actors.SnapshotFile{Path: s.Process.SnapshotFile, Encode: encode.Snapshot, Decode: encode.DecodeSnapshot}
	restored, err := file.Restore()
	if err != nil {
		warn(err)
	}
	actor, run := actors.New(s.Refresh, source, file, restored, log)
	exited := make(chan error, 1)
	// Ends with ctx; whoever called start waits for exited.
	go func() { exited <- run(ctx) }()
	return actor, exited
}

func newTrigger(source actors.TriggerSource) actors.Trigger {
	return actors.Trigger{Source: source, ReceivedAt: time.Now()}
}

// runOnce does one refresh and prints the snapshot. If SNAPSHOT_FILE is set and could not be written, it prints nothing
// and returns the error.
func runOnce(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	source, err := newSource(s)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	warn := func(err error) { fmt.Fprintf(stderr, "mooring: %s: %v\n", unreadable, err) }
	actor, exited := start(running, s, source, slog.New(slog.DiscardHandler), warn)
	snapshot, err := refreshOnce(ctx, actor)
	stop()
	if err := errors.Join(err, <-exited); err != nil {
		return err
	}
	for _, hint := range snapshot.Hints {
		fmt.Fprintf(stderr, "mooring: %s\n", hint)
	}
	_, err = stdout.Write(encode.Snapshot(snapshot))
	return err
}

// refreshOnce does one refresh and returns the snapshot, or an error that says why the refresh failed.
func refreshOnce(ctx context.Context, actor *actors.Refresher) (actors.Snapshot, error) {
	refresh, err := actor.TriggerAndWait(ctx, newTrigger(actors.Startup), nil)
	switch {
	case err != nil:
		return actors.Snapshot{}, err
	case !refresh.Ended():
		return actors.Snapshot{}, errors.New("interrupted before the refresh had ended")
	case refresh.Failure != nil:
		return actors.Snapshot{}, fmt.Errorf("%s: %w", refresh.Failure.Code, refresh.Failure)
	}
	view, err := actor.View(ctx)
	return view.Snapshot, err
}

// isTerminal tells whether out is a terminal, where a person reads each line at once.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// serveLogged runs the service with a log at standard error. Nobody who logs waits for standard error. If the service
// fails, the last line of the log says why.
func serveLogged(ctx context.Context, s settings, stderr io.Writer) error {
	out := startLog(stderr, s.logHandler)
	defer out.close()
	err := serve(ctx, s, slog.New(s.logHandler(out)))
	if err == nil {
		return nil
	}
	report(err, true, out)
	return fmt.Errorf("%w: %w", errReported, err)
}

// serve runs until ctx ends or a listener fails. The refresh actor stops first: it answers the callers that wait, and
// writes the last snapshot to its file. The HTTP servers stop next; they have only short requests left.
func serve(ctx context.Context, s settings, log *slog.Logger) error {
	if os.Getenv("GOGC") == "" {
		// The service is idle nearly always, and thousands of clients may come at once. A heap that grows by half before it
		// is collected, instead of doubling, keeps it small then.
		debug.SetGCPercent(50)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	source, err := newSource(s)
	if err == nil && !s.Process.Headless {
		err = s.readDeploy()
	}
	if err != nil {
		return err
	}
	listeners, err := listen(s)
	if err != nil {
		return err
	}
	defer listeners.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	actor, exited := start(ctx, s, source, log, func(err error) { log.Warn(unreadable, "error", err) })
	contents, contentsEnded := startContents(ctx, s, source)
	log.Info("mooring starts", "version", api.Version(), "headless", s.Process.Headless)
	_, _ = actor.Trigger(ctx, newTrigger(actors.Startup)) // refused only when ctx has ended
	for _, listener := range listeners.API {
		log.Info("listening", "address", api.DisplayAddress(listener))
	}
	for _, listener := range listeners.Metrics {
		log.Info("serving metrics", "address", api.DisplayAddress(listener))
	}
	served := make(chan error, 1)
	server := api.New(s.API, actor, contents, log)
	// Ends with ctx, or when a listener fails. The code below waits for it by receiving from served.
	go func() { served <- server.Serve(ctx, listeners) }()
	tell(log, daemon.SdNotifyReady)
	ended := false
	for waiting := true; waiting; {
		select {
		case <-hangups:
			_, _ = actor.Trigger(ctx, newTrigger(actors.Manual))
		case err = <-served:
			ended, waiting = true, false
		case <-ctx.Done():
			waiting = false
		}
	}
	tell(log, daemon.SdNotifyStopping)
	stop()
	if !ended {
		err = <-served
	}
	awaitContents(contentsEnded)
	<-exited // its error is in the log already: the actor logs each write that fails
	log.Info("mooring has stopped")
	return err
}
