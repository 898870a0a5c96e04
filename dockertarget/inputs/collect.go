package inputs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// collect makes the Stack of a project.
func (r *reading) collect(ctx context.Context, from loaded) (*Stack, error) {
	stack := &Stack{
		Project: from.project.Name, Named: from.named, ComposeFiles: from.files, Profiles: from.project.Profiles,
		Directory: from.directory, Variables: from.variables,
	}
	r.directory = from.directory
	var err error
	if stack.Suspended, stack.After, err = wishes(from.project.Extensions[extensionName]); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(from.project.Services)) {
		service := from.project.Services[name]
		unseen, err := r.service(ctx, from.project, service)
		if err != nil {
			return nil, err
		}
		stack.Services = append(stack.Services, Service{
			Name: name, Image: service.Image, Builds: service.Build != nil, Unseen: unseen,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(from.project.Jobs)) {
		job := from.project.Jobs[name]
		if _, err := r.container(ctx, from.project, name, job.ContainerSpec, job.Build); err != nil {
			return nil, err
		}
	}
	stack.Inputs, stack.Absent = sortInputs(r.inputs), slices.Sorted(maps.Keys(r.absent))
	return stack, nil
}

// service notes the inputs of a service. It returns the digest of those that Compose does not compare.
func (r *reading) service(ctx context.Context, project *types.Project, service types.ServiceConfig) (string, error) {
	unseen, err := r.container(ctx, project, service.Name, service.ContainerSpec, service.Build)
	if err != nil {
		return "", err
	}
	for _, hook := range service.PreStart {
		more, err := r.container(ctx, project, service.Name, hook.ContainerSpec, nil)
		if err != nil {
			return "", err
		}
		unseen = append(unseen, more...)
	}
	if len(unseen) == 0 {
		return "", nil
	}
	slices.Sort(unseen)
	sum := sha256.New()
	for _, line := range unseen {
		io.WriteString(sum, line+"\n") // a hash returns no error
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// container notes the inputs of one container. unseen are lines that change with those that Compose does not compare.
func (r *reading) container(
	ctx context.Context, project *types.Project, service string, spec types.ContainerSpec, build *types.BuildConfig,
) (unseen []string, err error) {
	if err := r.variables(ctx, service, spec); err != nil {
		return nil, err
	}
	if err := r.build(ctx, project, service, build); err != nil {
		return nil, err
	}
	for _, mount := range spec.Volumes {
		line, err := r.mount(ctx, project, service, mount)
		if err != nil {
			return nil, err
		}
		unseen = append(unseen, line...)
	}
	for _, config := range spec.Configs {
		line, err := r.object(ctx, service, "config", UseConfig, types.FileObjectConfig(project.Configs[config.Source]))
		if err != nil {
			return nil, err
		}
		unseen = append(unseen, line...)
	}
	for _, secret := range spec.Secrets {
		line, err := r.object(ctx, service, "secret", UseSecret, types.FileObjectConfig(project.Secrets[secret.Source]))
		if err != nil {
			return nil, err
		}
		unseen = append(unseen, line...)
	}
	return unseen, nil
}

// variables notes the files of variables of a container.
func (r *reading) variables(ctx context.Context, service string, spec types.ContainerSpec) error {
	for _, file := range spec.EnvFiles {
		required := ""
		if file.Required {
			required = "an env_file"
		}
		if _, err := r.file(ctx, service, file.Path, required, UseEnvironment); err != nil {
			return err
		}
	}
	for _, file := range spec.LabelFiles {
		if _, err := r.file(ctx, service, file, "a label_file", UseEnvironment); err != nil {
			return err
		}
	}
	return nil
}

// mount notes what a container mounts from the repository. What is not there is none of its business: Compose makes a
// directory of that name.
func (r *reading) mount(
	ctx context.Context, project *types.Project, service string, mount types.ServiceVolumeConfig,
) ([]string, error) {
	source := mount.Source
	switch mount.Type {
	case types.VolumeTypeBind:
	case types.VolumeTypeVolume:
		volume := project.Volumes[mount.Source]
		if volume.Driver != "local" && volume.Driver != "" || volume.DriverOpts["o"] != "bind" {
			return nil, nil
		}
		source = volume.DriverOpts["device"]
	default:
		return nil, nil
	}
	at, err := r.file(ctx, service, source, "", UseMount)
	if err != nil || at.ID == "" {
		return nil, err
	}
	return []string{fmt.Sprintf("mount %q %s", mount.Target, at.ID)}, nil
}

// object notes the file of a config or of a secret.
func (r *reading) object(
	ctx context.Context, service, what string, use Use, object types.FileObjectConfig,
) ([]string, error) {
	switch {
	case bool(object.External):
		return nil, nil
	case object.File == "" && object.Content != "" && object.Environment == "":
		sum := sha256.Sum256([]byte(object.Content))
		return []string{fmt.Sprintf("%s %q %x", what, object.Name, sum)}, nil
	case object.File == "":
		return nil, nil
	}
	at, err := r.file(ctx, service, object.File, "a "+what, use)
	if err != nil || at.ID == "" {
		return nil, err
	}
	return []string{fmt.Sprintf("%s %q %s", what, object.Name, at.ID)}, nil
}

// build notes the contexts of a build, and a Dockerfile outside of them.
func (r *reading) build(ctx context.Context, project *types.Project, service string, build *types.BuildConfig) error {
	if build == nil {
		return nil
	}
	contexts := append([]string{build.Context}, slices.Sorted(maps.Values(build.AdditionalContexts))...)
	for _, name := range contexts {
		if remote(name) {
			continue
		}
		if _, err := r.file(ctx, service, name, "a build context", UseBuild); err != nil {
			return err
		}
	}
	if build.DockerfileInline == "" && build.Dockerfile != "" && !remote(build.Context) {
		name := build.Dockerfile
		if !path.IsAbs(name) {
			name = path.Join(build.Context, name)
		}
		if _, err := r.file(ctx, service, name, "a Dockerfile", UseBuild); err != nil {
			return err
		}
	}
	for _, secret := range build.Secrets {
		object := types.FileObjectConfig(project.Secrets[secret.Source])
		if _, err := r.object(ctx, service, "secret", UseSecret, object); err != nil {
			return err
		}
	}
	return nil
}

// remote tells whether the context of a build is not a directory: a URL, an image, or another service.
func remote(name string) bool {
	if strings.Contains(name, "://") {
		return true
	}
	return slices.ContainsFunc([]string{types.ServicePrefix, "github.com/", "git@"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// file notes a file or a directory that a compose file names. A path of this machine is no input. required says what it
// is to the service, if it must be there.
func (r *reading) file(ctx context.Context, service, name, required string, use Use) (place, error) {
	at, inside, err := r.within(r.directory, name)
	if err != nil || !inside || name == "" {
		return place{}, err
	}
	found, err := r.find(ctx, at)
	switch {
	case absent(err) && required == "":
		return place{}, nil
	case absent(err):
		return place{}, problem("The service %s needs %s, which is %s and is not in the repository.",
			quote(service), quote(at), required)
	case err != nil:
		return place{}, err
	}
	r.note(found, use)
	return found, r.inspect(ctx, service, at, required, found, use)
}

// inspect refuses what is there and cannot be what the service wants. The error is a *Problem, or one of Files.
func (r *reading) inspect(ctx context.Context, service, name, required string, found place, use Use) error {
	switch {
	case found.Kind == Directory && use == UseEnvironment:
		return problem("The service %s reads variables or labels from %s, which is a directory.", quote(service), quote(name))
	case found.Kind == File && required == "a build context":
		return problem("The service %s is built from %s, which is no directory.", quote(service), quote(name))
	case found.Kind != File:
		return nil
	}
	content, err := r.files.Read(ctx, found.path)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil // no pointer has more than a few lines
	case err == nil && isPointer(content):
		return pointerProblem(name)
	}
	return err
}

// isPointer tells whether a file's content is a pointer of Git LFS instead of the content that people work with
// (git-lfs, docs/spec.md).
func isPointer(content []byte) bool {
	return bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/spec/v1\n"))
}
