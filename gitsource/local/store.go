package local

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/inflate"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
)

// store reads the objects of a repository in place: in packs, in files of their own, and in the repositories that it
// borrows from (gitrepository-layout, objects/info/alternates). It belongs to one Repository.
type store struct {
	// dirs are the objects directories, the repository's own first.
	dirs  []string
	packs []*packFile
	// found are the paths of the opened packs; nil until the first scan.
	found   map[string]struct{}
	hasher  *object.Hasher
	inflate inflate.Decoder
	stream  inflate.Stream
	// bases holds the contents that were read last, and places has the place of each of them. When places has
	// placesLimit entries, those of contents that bases no longer holds are removed.
	bases       pack.Ring
	places      map[packPlace]pack.Place
	placesLimit int
	// Each of these buffers is used again: for a delta, for the delta of a base, for a content that is too large for
	// the ring, and for bases while they are made.
	instructions, baseInstructions []byte
	content                        []byte
	remade                         [2][]byte
}

// packPlace is where an object begins in a pack.
type packPlace struct {
	pack   *packFile
	offset int64
}

func newStore(objectsDir string) *store {
	return &store{
		dirs:   alternates(objectsDir),
		hasher: object.NewHasher(),
		bases:  pack.NewRing(pack.MaxArenas, pack.ArenaSize),
		places: map[packPlace]pack.Place{},
	}
}

// Close closes the files of all packs.
func (s *store) Close() {
	for _, pack := range s.packs {
		pack.close()
	}
}

// maxAlternates is how many objects directories a repository may have, its own included.
const maxAlternates = 32

// alternates returns an objects directory and those that it borrows from, directly or not.
func alternates(objectsDir string) []string {
	dirs := []string{objectsDir}
	for i := 0; i < len(dirs) && len(dirs) < maxAlternates; i++ {
		file, err := os.Open(filepath.Join(dirs[i], "info", "alternates"))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() && len(dirs) < maxAlternates {
			if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
				dirs = append(dirs, resolve(dirs[i], line))
			}
		}
		file.Close()
	}
	return dirs
}

// Object returns the content of an object, which is valid until the next call. It returns fault.ErrAbsent if there is
// no such object, fault.ErrTooLarge if it has more than limit bytes, a fault.ProtocolError if it is damaged or of
// another type, and errors of reading files unchanged.
func (s *store) Object(kind object.Kind, id object.ID, limit int64) ([]byte, error) {
	content, err := s.read(id, limit)
	if err != nil {
		return nil, err
	}
	computed, err := s.hasher.ID(kind, content)
	if err == nil && computed != id {
		err = fault.Malformed("the object %s of the repository is damaged, or is no %s", id, kind)
	}
	return content, err
}

// read searches the packs, then the loose objects, and then new packs: another process may have packed the object
// meanwhile, and removed its file.
func (s *store) read(id object.ID, limit int64) ([]byte, error) {
	content, err := s.packed(id, limit)
	if !errors.Is(err, fault.ErrAbsent) {
		return content, err
	}
	if _, content, err = s.loose(id, limit); !errors.Is(err, fault.ErrAbsent) {
		return content, err
	}
	if err := s.scan(); err != nil {
		return nil, err
	}
	return s.packed(id, limit)
}

// packed reads an object from a pack.
func (s *store) packed(id object.ID, limit int64) ([]byte, error) {
	at, err := s.locate(id)
	if err != nil {
		return nil, err
	}
	return s.unpack(at, limit)
}

// kind returns the type of an object. It searches the same places as read.
func (s *store) kind(id object.ID) (object.Kind, error) {
	kind, err := s.packedKind(id)
	if !errors.Is(err, fault.ErrAbsent) {
		return kind, err
	}
	kind, _, err = s.loose(id, 0)
	switch {
	case errors.Is(err, fault.ErrTooLarge):
		return kind, nil
	case !errors.Is(err, fault.ErrAbsent):
		return kind, err
	}
	if err := s.scan(); err != nil {
		return 0, err
	}
	return s.packedKind(id)
}

// packedKind returns the type of an object in a pack. A delta has the type of its base.
func (s *store) packedKind(id object.ID) (object.Kind, error) {
	at, err := s.locate(id)
	if err != nil {
		return 0, err
	}
	for range pack.MaxChain {
		e, entryErr := s.entry(at)
		if entryErr != nil || !e.isDelta() {
			return e.kind, entryErr
		}
		at = e.base
	}
	return 0, errDamagedPack()
}

// locate returns the place of an object in a pack. It ignores a pack that has been removed, because another pack has
// its objects.
func (s *store) locate(id object.ID) (packPlace, error) {
	if s.found == nil {
		s.found = map[string]struct{}{}
		if err := s.scan(); err != nil {
			return packPlace{}, err
		}
	}
	for i, pack := range s.packs {
		offset, found, err := pack.find(id)
		if err != nil {
			return packPlace{}, err
		}
		if !found || errors.Is(pack.open(), fs.ErrNotExist) {
			continue
		}
		// The next object is mostly in the same pack, so that is the first to be searched.
		s.packs[0], s.packs[i] = s.packs[i], s.packs[0]
		return packPlace{pack, offset}, nil
	}
	return packPlace{}, fault.ErrAbsent
}

// scan opens the indexes of packs that were not found before.
func (s *store) scan() error {
	for _, dir := range s.dirs {
		entries, err := os.ReadDir(filepath.Join(dir, "pack"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, "pack", entry.Name())
			if _, again := s.found[path]; again || filepath.Ext(path) != ".idx" {
				continue
			}
			pack, err := openPackFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			s.found[path] = struct{}{}
			s.packs = append(s.packs, pack)
		}
	}
	return nil
}
