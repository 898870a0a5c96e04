package dockertarget

import (
	"context"
	"time"

	"mooring/actors"
	"mooring/gitsource"
)

// turnWithin is how long a question waits for its turn.
const turnWithin = 10 * time.Second

// Contents tells what stacks are made of. It is the handle on an actor that reads one stack at a time, so that the Git
// host gets one request at a time, whoever asks. It holds only its ends of the actor's channels, so any number of
// goroutines may use it.
type Contents struct {
	questions chan<- contentsQuestion // from handlers → contentsLoop
	done      <-chan struct{}         // closed by contentsLoop at its end
}

// contentsQuestion asks for the contents of a stack. The reply channel has capacity 1.
type contentsQuestion struct {
	state actors.DesiredState
	path  string
	reply chan<- contentsReply
}

type contentsReply struct {
	contents actors.Contents
	err      error
}

// NewContents returns a Contents for the source's repository, and the function that runs its actor until the context
// ends. The actor has no memory and no connection until somebody asks. The files that an operator has put into WORK_DIR
// count like those of Git. environment are this process's variables.
func NewContents(
	settings Settings, source *gitsource.Source, environment []string,
) (*Contents, func(context.Context)) {
	questions, done := make(chan contentsQuestion), make(chan struct{})
	loop := &contentsLoop{
		questions: questions, done: done, settings: settings, source: source,
		environment: withoutRegistrySecrets(environment),
	}
	return &Contents{questions, done}, loop.run
}

// Of returns what a stack is made of at the commit of a state, which the source must have made in this process. The error
// is actors.ErrBusy if there was no turn within 10 s, an *actors.Failure of the Git host, actors.ErrStopped, the
// context's, or one of this machine's disk.
func (c *Contents) Of(ctx context.Context, state actors.DesiredState, path string) (actors.Contents, error) {
	reply := make(chan contentsReply, 1)
	turn := time.NewTimer(turnWithin)
	defer turn.Stop()
	select {
	case c.questions <- contentsQuestion{state, path, reply}:
	case <-turn.C:
		return actors.Contents{}, actors.ErrBusy
	case <-ctx.Done():
		return actors.Contents{}, ctx.Err()
	case <-c.done:
		return actors.Contents{}, actors.ErrStopped
	}
	select {
	case r := <-reply: // the actor replies to every question that it takes
		return r.contents, r.err
	case <-ctx.Done():
		return actors.Contents{}, ctx.Err()
	}
}

// Done returns a channel that is closed when the actor has ended.
func (c *Contents) Done() <-chan struct{} { return c.done }
