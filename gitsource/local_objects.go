package gitsource

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// localStore reads the objects of a repository on this machine in place: packs, loose objects, and those of the
// repositories that it borrows from (gitrepository-layout, objects/info/alternates). It belongs to one Fetch.
type localStore struct {
	// dirs are the objects directories, the repository's own first.
	dirs  []string
	packs []*localPack
	// known are the packs that were found, by path; nil until they were looked for.
	known   map[string]struct{}
	hasher  *objectHasher
	inflate inflater
	stream  zlibStream
	// bases are contents at hand, held is where; the others are room that is used over and over.
	bases                          contentRing
	held                           map[packPlace]heldContent
	heldLimit                      int
	instructions, baseInstructions []byte
	content                        []byte
	remade                         [2][]byte
}

// packPlace is where an object is.
type packPlace struct {
	pack   *localPack
	offset int64
}

func newLocalStore(objectsDir string) *localStore {
	return &localStore{
		dirs:   alternates(objectsDir),
		hasher: newObjectHasher(),
		bases:  newContentRing(maxArenas, arenaSize),
		held:   map[packPlace]heldContent{},
	}
}

func (s *localStore) close() {
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

// object returns the content of an object of a kind, which may be read until the next call: errAbsent where there is
// none, errTooLarge where it is larger than the limit.
func (s *localStore) object(kind objectKind, id objectID, limit int64) ([]byte, error) {
	content, err := s.read(id, limit)
	if err != nil {
		return nil, err
	}
	computed, err := s.hasher.id(kind, content)
	if err == nil && computed != id {
		err = malformed("the object %s of the repository is damaged, or is no %s", id, kind)
	}
	return content, err
}

// read looks in packs, in loose objects, and once more in packs: another process may have packed the object meanwhile,
// and removed what was there before.
func (s *localStore) read(id objectID, limit int64) ([]byte, error) {
	content, err := s.packed(id, limit)
	if !errors.Is(err, errAbsent) {
		return content, err
	}
	if _, content, err = s.loose(id, limit); !errors.Is(err, errAbsent) {
		return content, err
	}
	if err := s.scan(); err != nil {
		return nil, err
	}
	return s.packed(id, limit)
}

// packed reads an object from a pack.
func (s *localStore) packed(id objectID, limit int64) ([]byte, error) {
	at, err := s.locate(id)
	if err != nil {
		return nil, err
	}
	return s.unpack(at, limit)
}

// kind returns the type of an object. It looks where read does, in the same order.
func (s *localStore) kind(id objectID) (objectKind, error) {
	kind, err := s.packedKind(id)
	if !errors.Is(err, errAbsent) {
		return kind, err
	}
	kind, _, err = s.loose(id, 0)
	switch {
	case errors.Is(err, errTooLarge):
		return kind, nil
	case !errors.Is(err, errAbsent):
		return kind, err
	}
	if err := s.scan(); err != nil {
		return 0, err
	}
	return s.packedKind(id)
}

// packedKind returns the type of an object in a pack: a delta's is its base's.
func (s *localStore) packedKind(id objectID) (objectKind, error) {
	at, err := s.locate(id)
	if err != nil {
		return 0, err
	}
	for range maxChain {
		e, entryErr := s.entry(at)
		if entryErr != nil || !e.isDelta() {
			return e.kind, entryErr
		}
		at = e.base
	}
	return 0, errDamagedLocalPack()
}

// locate returns where an object is among the packs. A pack that is gone is passed over: what it held is in another one
// by now.
func (s *localStore) locate(id objectID) (packPlace, error) {
	if s.known == nil {
		s.known = map[string]struct{}{}
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
	return packPlace{}, errAbsent
}

// scan opens the indexes of the packs that are not known yet.
func (s *localStore) scan() error {
	for _, dir := range s.dirs {
		entries, err := os.ReadDir(filepath.Join(dir, "pack"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, "pack", entry.Name())
			if _, known := s.known[path]; known || filepath.Ext(path) != ".idx" {
				continue
			}
			pack, err := openLocalPack(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			s.known[path] = struct{}{}
			s.packs = append(s.packs, pack)
		}
	}
	return nil
}
