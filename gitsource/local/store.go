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

// store reads the objects of a repository on this machine in place: packs, loose objects, and those of the
// repositories that it borrows from (gitrepository-layout, objects/info/alternates). It belongs to one Fetch.
type store struct {
	// dirs are the objects directories, the repository's own first.
	dirs  []string
	packs []*packFile
	// found are the packs that were found, by path; nil until they were looked for.
	found   map[string]struct{}
	hasher  *object.Hasher
	inflate inflate.Decoder
	stream  inflate.Stream
	// bases are contents at hand, held is where; the others are room that is used over and over.
	bases                          pack.Ring
	places                         map[packPlace]pack.Place
	placesLimit                    int
	instructions, baseInstructions []byte
	content                        []byte
	remade                         [2][]byte
}

// packPlace is where an object is.
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

func (s *store) Close() {
	for _, pack := range s.packs {
		pack.close()
	}
}

// maxAlternates bounds from how many other repositories one may borrow.
const maxAlternates = 32

// alternates returns an objects directory and those that it borrows from, which may borrow from others.
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

// Object returns the content of an object of a kind, which may be read until the next call: fault.ErrAbsent where there is
// none, fault.ErrTooLarge where it is larger than the limit.
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

// read looks in packs, in loose objects, and once more in packs: another process may have packed the object meanwhile,
// and removed what was there before.
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

// kind returns the type of an object. It looks where read does, in the same order.
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

// packedKind returns the type of an object in a pack: a delta's is its base's.
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

// locate returns where an object is among the packs. A pack that is gone is passed over: what it held is in another one
// by now.
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
		// Objects that are asked for together mostly stand together.
		s.packs[0], s.packs[i] = s.packs[i], s.packs[0]
		return packPlace{pack, offset}, nil
	}
	return packPlace{}, fault.ErrAbsent
}

// scan opens the indexes of the packs that are not known yet.
func (s *store) scan() error {
	for _, dir := range s.dirs {
		entries, err := os.ReadDir(filepath.Join(dir, "pack"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, "pack", entry.Name())
			if _, known := s.found[path]; known || filepath.Ext(path) != ".idx" {
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
