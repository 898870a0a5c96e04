// Command mooring keeps the desired state of docker-compose stacks that live in a Git repository, and serves it. See
// packaging/help.txt for what it can be told, and the packages for what it does: here they are put together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

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

// run is the whole command; ctx ends when it is asked to stop. It returns the exit code: 0, 2 for what the operator set
// or typed wrongly, 1 for all else that failed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errReported) {
		report(err, len(args) == 0, stderr)
	}
	if _, ok := errors.AsType[settingError](err); ok {
		return 2
	}
	return 1
}

// errReported is in the chain of an error that the log has told already.
var errReported = errors.New("the log has the reason")

// report tells why the command has failed, in one line: in words for people, and as the rest of the log where a program
// reads that.
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
	healthcheck := flags.Bool("healthcheck", false, "")
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	unsetEmpty()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return help(stdout)
	case err != nil:
		return settingError{fmt.Errorf("%w; mooring -help tells what there is", err)}
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
	switch {
	case err != nil:
		return settingError{err}
	case *once:
		if isTerminal(stderr) {
			fmt.Fprintf(stderr, "mooring: waiting for %s, for %s at most\n", s.Git.DisplayURL(), s.Refresh.RefreshTimeout)
		}
		return runOnce(ctx, s, stdout, stderr)
	default:
		return serveLogged(ctx, s, stderr)
	}
}

// checkHealth asks the service that runs here. Its settings are the service's to check.
func checkHealth(ctx context.Context) error {
	var s settings
	err := errors.Join(process(&s.Process), process(&s.API))
	if err != nil || s.Process.Headless { // a headless one cannot be asked
		return err
	}
	return api.CheckHealth(ctx, s.API.ListenAddr)
}

// unreadable is what an operator is told of a snapshot file that a start cannot use.
const unreadable = "SNAPSHOT_FILE cannot be read back: what deployers reported is not known"

// start runs the refresh actor until ctx ends. The channel gets what the actor returns at its end. Warn gets the reason
// why the snapshot file is unreadable, if it is.
func start(
	ctx context.Context, s settings, log *slog.Logger, warn func(error),
) (*actors.Refresher, <-chan error, error) {
	source, err := gitsource.New(s.Git)
	if err != nil {
		return nil, nil, settingError{err}
	}
	file := actors.SnapshotFile{Path: s.Process.SnapshotFile, Encode: encode.Snapshot, Decode: encode.DecodeSnapshot}
	restored, err := file.Restore()
	if err != nil {
		warn(err)
	}
	actor, run := actors.New(s.Refresh, source, file, restored, log)
	exited := make(chan error, 1)
	// Ends with ctx; whoever called start waits for exited.
	go func() { exited <- run(ctx) }()
	return actor, exited, nil
}

func trigger(source actors.TriggerSource) actors.Trigger {
	return actors.Trigger{Source: source, ReceivedAt: time.Now()}
}

// runOnce does one refresh and prints the snapshot. It prints nothing that SNAPSHOT_FILE, if it is set, does not hold.
func runOnce(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	warn := func(err error) { fmt.Fprintf(stderr, "mooring: %s: %v\n", unreadable, err) }
	actor, exited, err := start(running, s, slog.New(slog.DiscardHandler), warn)
	if err != nil {
		return err
	}
	snapshot, err := refreshOnce(ctx, actor)
	stop()
	if err := errors.Join(err, <-exited); err != nil {
		return err
	}
	_, err = stdout.Write(encode.Snapshot(snapshot))
	return err
}

// refreshOnce returns the snapshot after one refresh, or why that failed.
func refreshOnce(ctx context.Context, actor *actors.Refresher) (actors.Snapshot, error) {
	refresh, err := actor.TriggerAndWait(ctx, trigger(actors.Startup), nil)
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

// isTerminal tells whether what is written is read by a person at once.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// serveLogged serves with a log at standard error, which holds up nobody, and tells there why the service has failed.
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

// serve runs until ctx ends or a listener fails. The refresh actor stops first: it answers all who wait, and leaves the
// last snapshot in its file. The HTTP servers stop next; they have only short requests left.
func serve(ctx context.Context, s settings, log *slog.Logger) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	listeners, err := listen(s)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	actor, exited, err := start(ctx, s, log, func(err error) { log.Warn(unreadable, "error", err) })
	if err != nil {
		return err
	}
	log.Info("mooring starts", "version", api.Version(), "headless", s.Process.Headless)
	_, _ = actor.Trigger(ctx, trigger(actors.Startup)) // refused only when ctx has ended
	if listeners.API != nil {
		log.Info("listening", "address", listeners.API.Addr().String())
	}
	if listeners.Metrics != nil {
		log.Info("serving metrics", "address", listeners.Metrics.Addr().String())
	}
	served := make(chan error, 1)
	server := api.New(s.API, actor, log)
	// Ends with ctx, or when a listener fails; served tells, and is received from below.
	go func() { served <- server.Serve(ctx, listeners) }()
	tell(log, serviceReady)
	ended := false
	for waiting := true; waiting; {
		select {
		case <-hangups:
			_, _ = actor.Trigger(ctx, trigger(actors.Manual))
		case err = <-served:
			ended, waiting = true, false
		case <-ctx.Done():
			waiting = false
		}
	}
	tell(log, serviceStopping)
	stop()
	if !ended {
		err = <-served
	}
	<-exited // the log has told of a snapshot that the file does not hold
	log.Info("mooring has stopped")
	return err
}

// listen opens the addresses that are served. One that is in use is told before anything is asked of Git.
func listen(s settings) (api.Listeners, error) {
	var at api.Listeners
	if !s.Process.Headless {
		listener, err := net.Listen("tcp", s.API.ListenAddr)
		if err != nil {
			return api.Listeners{}, fmt.Errorf("LISTEN_ADDR cannot be opened: %w", err)
		}
		at.API = listener
	}
	if s.API.MetricsAddr != "" {
		listener, err := net.Listen("tcp", s.API.MetricsAddr)
		if err != nil {
			return api.Listeners{}, fmt.Errorf("METRICS_ADDR cannot be opened: %w", err)
		}
		at.Metrics = listener
	}
	return at, nil
}

// What the service manager is told (sd_notify(3)).
const (
	serviceReady    = "READY=1"
	serviceStopping = "STOPPING=1"
)

// tell tells the service manager how the service stands. One that does not listen is no reason to stop.
func tell(log *slog.Logger, state string) {
	if err := notify(os.Getenv("NOTIFY_SOCKET"), state); err != nil {
		log.Warn("the service manager cannot be told", "state", state, "error", err)
	}
}

// notify sends a state to the service manager's socket, if there is one: a datagram to a path, or to a name of Linux's
// abstract namespace, which begins with "@" (sd_notify(3), unix(7)).
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("dial NOTIFY_SOCKET: %w", err)
	}
	defer connection.Close()
	const patience = time.Second // a full socket must not keep the service from its work, nor from stopping
	if err := connection.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set a deadline for NOTIFY_SOCKET: %w", err)
	}
	if _, err := connection.Write([]byte(state)); err != nil {
		return fmt.Errorf("write to NOTIFY_SOCKET: %w", err)
	}
	return nil
}
