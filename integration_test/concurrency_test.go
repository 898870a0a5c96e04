package integration_test

import (
	"go/ast"
	"slices"
	"testing"

	"github.com/matryer/is"
)

// starters are the files that may start something that runs beside its caller, with the reasons.
func starters() map[string]string {
	return map[string]string{
		"main.go":             "the refresh actor and the HTTP servers",
		"plan.go":             "the refresh actor, for one refresh",
		"contents.go":         "the actor that tells what stacks are made of",
		"systemd.go":          "a message to a service manager, which may not read",
		"log.go":              "the actor of the log, and the goroutine that writes to standard error",
		"actors/loop.go":      "the worker of a fetch",
		"actors/loop_file.go": "the worker of a write",
		"api/serve.go":        "the actor of the API, and net/http's own loops",

		"gitsource/transport/dial.go":      "closes a connection when its fetch is over",
		"gitsource/transport/ssh_agent.go": "closes the connection to the SSH agent when its fetch is over",
	}
}

// startsBeside tells whether a node starts something that runs beside its caller: a goroutine, or a function that
// another goroutine calls later (package context, AfterFunc; package runtime, AddCleanup; package time, AfterFunc).
func startsBeside(node ast.Node) bool {
	if _, ok := node.(*ast.GoStmt); ok {
		return true
	}
	selector, ok := node.(*ast.SelectorExpr) // called here, or kept to be called
	return ok && (isOf(selector, "context", "AfterFunc") || isOf(selector, "time", "AfterFunc") ||
		isOf(selector, "runtime", "AddCleanup") || isOf(selector, "runtime", "SetFinalizer"))
}

// Only few files start something that runs beside its caller. A comment says why it ends and who waits for it.
func TestGoroutinesStartInNamedFilesAndSayHowTheyEnd(t *testing.T) {
	started := map[string]int{}
	for _, s := range sources(t, false) {
		comments := map[int]bool{} // last lines of comments
		for _, group := range s.Comments {
			comments[s.line(group.End())] = true
		}
		ast.Inspect(s.File, func(node ast.Node) bool {
			if !startsBeside(node) {
				return true
			}
			started[s.name]++
			if starters()[s.name] == "" {
				t.Errorf("%s: nothing is meant to start in this file", s.at(node))
			}
			if !comments[s.line(node.Pos())-1] {
				t.Errorf("%s: say above it why it ends and who waits for it", s.at(node))
			}
			return true
		})
	}
	for name := range starters() {
		if started[name] == 0 {
			t.Errorf("%s starts nothing: take it off the list", name)
		}
	}
}

// A channel to which several goroutines can both send and receive can be used as a lock. So a type has only one end of a
// channel, wherever it stands: in a field, a parameter, a named type, a map. Only make names both ends. Signals have both
// ends, too: they are closed, they have no room for a value, and nobody sends on them.
func TestNoChannelPassesAValueRound(t *testing.T) {
	for _, s := range sources(t, false) {
		made := map[ast.Node]bool{}
		ast.Inspect(s.File, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if !makesChannel(node) {
					break
				}
				made[node.Args[0]] = true
				if len(node.Args) > 1 && isSignal(node.Args[0].(*ast.ChanType).Value) {
					t.Errorf("%s: a signal with room for a value is a semaphore", s.at(node))
				}
			case *ast.ChanType:
				if hasBothEnds(node) && !made[node] && !isSignal(node.Value) {
					t.Errorf("%s: this channel has both ends, so nobody owns what is in it", s.at(node))
				}
			case *ast.SendStmt:
				if literal, ok := node.Value.(*ast.CompositeLit); ok && isSignal(literal.Type) {
					t.Errorf("%s: a signal is closed by its owner, not sent", s.at(node))
				}
			}
			return true
		})
	}
}

// A select with one case is no select: it waits as long as the case alone would.
func TestSelectsHaveAnotherWayOut(t *testing.T) {
	for _, s := range sources(t, false) {
		ast.Inspect(s.File, func(node ast.Node) bool {
			if choice, ok := node.(*ast.SelectStmt); ok && len(choice.Body.List) < 2 {
				t.Errorf("%s: this select has no other case", s.at(choice))
			}
			return true
		})
	}
}

func hasBothEnds(channel *ast.ChanType) bool { return channel.Dir == ast.SEND|ast.RECV }

// isSignal tells whether a type is struct{}.
func isSignal(expression ast.Expr) bool {
	structure, ok := expression.(*ast.StructType)
	return ok && structure.Fields.NumFields() == 0
}

// A channel has capacity 0, or 1 for one message to one reader: a longer queue would hide a slow reader.
func TestChannelsHoldAtMostOneMessage(t *testing.T) {
	found := 0
	for _, s := range sources(t, false) {
		ast.Inspect(s.File, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || !makesChannel(call) {
				return true
			}
			found++
			if len(call.Args) == 1 {
				return true
			}
			capacity, ok := call.Args[1].(*ast.BasicLit)
			if !ok || !slices.Contains([]string{"0", "1"}, capacity.Value) {
				t.Errorf("%s: the capacity is neither 0 nor 1", s.at(call))
			}
			return true
		})
	}
	is.New(t).True(found > 10) // channels were recognised
}

func makesChannel(call *ast.CallExpr) bool {
	name, ok := call.Fun.(*ast.Ident)
	if !ok || name.Name != "make" || len(call.Args) == 0 {
		return false
	}
	_, ok = call.Args[0].(*ast.ChanType)
	return ok
}

// A send to another goroutine must not block for ever when nobody receives. So a send outside a select may only be an
// answer, into a channel that was made only for this answer.
func TestSendsOutsideASelectAreAnswers(t *testing.T) {
	answers := []string{"reply", "ended", "ends", "exited", "fetched", "results", "served", "written"} // fresh, capacity 1, each send received
	for _, s := range sources(t, false) {
		if s.name == "api/metrics/collector.go" {
			continue // Prometheus' library makes the channel, and receives until Collect returns
		}
		selected := map[ast.Stmt]bool{}
		ast.Inspect(s.File, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CommClause:
				selected[node.Comm] = true
			case *ast.SendStmt:
				if !selected[node] && !slices.Contains(answers, lastName(node.Chan)) {
					t.Errorf("%s: this send waits for ever when nobody listens", s.at(node))
				}
			}
			return true
		})
	}
}

func lastName(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	}
	return ""
}

// The loop that owns all state is short enough for one screen.
func TestLoopOfTheActorHasAtMost60Lines(t *testing.T) {
	const limit = 60
	found := 0
	for _, s := range sources(t, false) {
		for _, declaration := range s.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || s.name != "actors/loop.go" || function.Name.Name != "run" || function.Recv == nil {
				continue
			}
			found++
			if lines := s.line(function.End()) - s.line(function.Pos()) + 1; lines > limit {
				t.Errorf("%s: run has %d lines, %d at most", s.at(function), lines, limit)
			}
		}
	}
	is.New(t).Equal(found, 1)
}
