package index

import (
	"context"
	"slices"

	"mooring/actors"
	"mooring/gitsource/object"
)

// These are the reasons why a compose file is skipped, as they are shown.
const (
	reasonLarge     = "larger than 16 MiB"
	reasonDirectory = "a directory, not a file"
	reasonSubmodule = "a submodule, not a file"
	reasonPath      = "a path that is not UTF-8 or has control characters"
)

// survey looks at the odd directories of a commit. It belongs to one Build.
type survey struct {
	*builder
	links *linkResolver
	// wanted are the blobs that must be loaded first. If there is one, the other results of the survey are incomplete.
	wanted *Wanted
	// blobs are all the blobs that the survey looked at.
	blobs map[object.ID]Blob
	// found are the odd directories with compose files.
	found []oddDirectory
	paths pathBudget
}

// oddDirectory is the result for one odd directory.
type oddDirectory struct {
	path string
	// stack has no hash if none of the compose files can be served.
	stack    actors.DesiredStack
	skipped  []actors.Skipped
	shadowed []string
}

func newSurvey(b *builder, wanted *Wanted) *survey {
	s := &survey{builder: b, wanted: wanted, blobs: map[object.ID]Blob{}}
	s.links = newLinkResolver(b.rawTree, s.linkText)
	return s
}

// visit looks at a directory and at the odd directories below it. trail are the ids of the trees from the root to it;
// showable tells whether its path can be shown.
func (s *survey) visit(
	ctx context.Context, d *directory, path string, trail []object.ID, showable bool,
) error {
	if d.weight == 0 || showable && !d.odd {
		return nil
	}
	if err := ctx.Err(); err != nil { // a few trees can name very many directories
		return err
	}
	if err := s.paths.spend(path); err != nil {
		return err
	}
	if d.ids.files() > 0 && !(showable && d.isPlain() && !d.large) {
		found, err := s.look(ctx, d, path, trail, showable)
		if err != nil {
			return err
		}
		s.found = append(s.found, found)
	}
	for _, child := range d.directories {
		below := append(slices.Clip(trail), child.ids.own())
		shown := showable && isShowable(child.name)
		if err := s.visit(ctx, child.directory, joinPath(path, child.name), below, shown); err != nil {
			return err
		}
	}
	return nil
}

// look takes the best compose file of a directory that can be served. Files with better names are skipped, because they
// cannot be served. Files with worse names are shadowed. Entries that are no files are skipped. look stops at the first
// file that must be loaded first.
func (s *survey) look(
	ctx context.Context, d *directory, path string, trail []object.ID, showable bool,
) (oddDirectory, error) {
	found := oddDirectory{path: path}
	for number := range d.ids.files() {
		file := d.ids.file(number)
		name := joinPath(path, s.names[file.rank])
		isFile := file.mode == object.ModeFile || file.mode == object.ModeLink
		if isFile && found.stack.Hash != "" {
			found.shadowed = append(found.shadowed, name)
			continue
		}
		verdict := verdict{reason: reasonPath, known: true}
		if showable {
			var err error
			if verdict, err = s.judge(ctx, file, trail); err != nil || !verdict.known {
				return found, err
			}
		}
		if verdict.reason != "" {
			found.skipped = append(found.skipped, actors.Skipped{Path: Escape(name), Reason: verdict.reason})
			continue
		}
		found.stack = actors.DesiredStack{
			Path: path, ComposeFile: s.names[file.rank], Hash: verdict.hash, Tree: d.tree(),
		}
	}
	return found, nil
}

// verdict tells whether a compose file can be served: it has the hash, or the reason why not. known is false if a blob
// must be loaded first.
type verdict struct {
	hash, reason string
	known        bool
}

// judge tells whether a compose file can be served.
func (s *survey) judge(ctx context.Context, file composeFile, trail []object.ID) (verdict, error) {
	switch file.mode {
	case object.ModeFile:
		return s.judgeFile(file.id, reasonLarge), nil
	case object.ModeLink:
		return s.judgeLink(ctx, file.id, trail)
	case object.ModeDirectory:
		return verdict{reason: reasonDirectory, known: true}, nil
	}
	return verdict{reason: reasonSubmodule, known: true}, nil
}

func (s *survey) judgeFile(id object.ID, reasonIfLarge string) verdict {
	state, known := s.knownBlob(id)
	switch {
	case !known || !state.isJudged():
		s.wanted.Files = append(s.wanted.Files, id)
		return verdict{}
	case state.Large:
		return verdict{reason: reasonIfLarge, known: true}
	}
	return verdict{hash: state.Hash, known: true}
}

func (s *survey) judgeLink(ctx context.Context, id object.ID, trail []object.ID) (verdict, error) {
	text, known := s.linkText(id)
	if !known {
		return verdict{}, nil
	}
	target, reason, known, err := s.links.follow(ctx, text, trail)
	if err != nil || !known || reason != "" {
		return verdict{reason: reason, known: known}, err
	}
	return s.judgeFile(target, reasonLinkLarge), nil
}

// linkText returns the target of a symbolic link. If the target is not known, it adds the blob to wanted.
func (s *survey) linkText(id object.ID) (string, bool) {
	state, known := s.knownBlob(id)
	if !known || !state.IsText {
		s.wanted.Links = append(s.wanted.Links, id)
		return "", false
	}
	return state.Text, true
}

// knownBlob returns what is known about a blob, and keeps it for the next Index.
func (s *survey) knownBlob(id object.ID) (Blob, bool) {
	state, known := s.blob(id)
	if known {
		s.blobs[id] = state
	}
	return state, known
}
