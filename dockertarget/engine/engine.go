package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/moby/moby/client"

	"mooring/dockertarget/plan"
)

// timeout bounds the requests of one look.
const timeout = 20 * time.Second

// The labels that Compose puts on the containers of a project (docker/compose, pkg/api/labels.go).
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
	labelOnce    = "com.docker.compose.oneoff"
)

// State is what an engine has.
type State struct {
	// Name is the name of the engine's machine, and Version the version of the engine.
	Name, Version string
	// Containers are those of Compose projects, running or not, in the order of their names.
	Containers []plan.Container
}

// Look asks the engine. environment are this process's variables, as "NAME=value"; DOCKER_HOST, DOCKER_TLS_VERIFY,
// DOCKER_CERT_PATH, DOCKER_API_VERSION, DOCKER_CONTEXT and DOCKER_CONFIG name the engine, as they do for the docker
// program (Docker CLI reference, "Environment variables"). The error is one line that says why there is no answer.
func Look(ctx context.Context, environment []string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	at, err := find(environment)
	if err != nil {
		return State{}, fmt.Errorf("no Docker Engine is found: %w", oneLine(err))
	}
	docker, err := client.New(at.options()...)
	if err != nil {
		return State{}, fmt.Errorf("no Docker Engine is found: %w", oneLine(err))
	}
	defer docker.Close()
	state, err := look(ctx, docker)
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return State{}, fmt.Errorf("the Docker Engine at %s does not answer within %s", clean(docker.DaemonHost()), timeout)
	case err != nil:
		return State{}, fmt.Errorf("the Docker Engine at %s gives no answer: %w", clean(docker.DaemonHost()), oneLine(err))
	}
	return state, nil
}

func look(ctx context.Context, docker *client.Client) (State, error) {
	info, err := docker.Info(ctx, client.InfoOptions{})
	if err != nil {
		return State{}, err
	}
	list, err := docker.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelProject),
	})
	if err != nil {
		return State{}, err
	}
	own, err := ownIDs()
	if err != nil {
		return State{}, err
	}
	state := State{Name: clean(info.Info.Name), Version: clean(info.Info.ServerVersion)}
	items := list.Items
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(firstName(a), firstName(b)) })
	for _, c := range items {
		state.Containers = append(state.Containers, plan.Container{
			Project: clean(c.Labels[labelProject]),
			Service: clean(c.Labels[labelService]),
			Stack:   clean(c.Labels[plan.LabelStack]),
			Owner:   clean(c.Labels[plan.LabelOwner]),
			Unseen:  c.Labels[plan.LabelUnseen],
			Once:    strings.EqualFold(c.Labels[labelOnce], "true"), // Compose writes "True"
			Self:    slices.Contains(own, c.ID),
		})
	}
	return state, nil
}

// clean replaces what a terminal might obey: anybody who may start a container chooses its labels.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// oneLine is an error with its text in one line.
func oneLine(err error) error {
	return errors.New(clean(strings.Join(strings.Fields(err.Error()), " ")))
}
