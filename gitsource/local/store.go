package local

import (
	"errors"
	"io/fs"
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
	format object.Format
	// dirs are the objects directories, the repository's own first.
	dirs  []string
	packs []*packFile
	files openFiles
	// indexMemory is how many bytes of pack indexes may still be kept in memory.
	indexMemory int64
	// found are the paths of the opened packs; nil until the first scan.
	found map[string]struct{}
	// skipped is why the first of the directories, packs and packed objects that are passed over cannot be read: it is
	// the error of an object that is found nowhere else.
	skipped error
	// unusable are the packed objects that are damaged. Another pack may have the same object.
	unusable map[packPlace]struct{}
	hasher   *object.Hasher
	inflate  inflate.Decoder
	stream   inflate.Stream
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

func newStore(objectsDir string, format object.Format) *store {
	dirs, absent := alternates(objectsDir)
	return &store{
		format:      format,
		dirs:        dirs,
		skipped:     absent,
		files:       openFiles{limit: maxOpenFiles},
		indexMemory: maxIndexMemory,
		hasher:      format.NewHasher(),
		unusable:    map[packPlace]struct{}{},
		bases:       pack.NewRing(pack.MaxArenas, pack.ArenaSize),
		places:      map[packPlace]pack.Place{},
	}
}

const (
	// maxIndexMemory is how many bytes of pack indexes are kept in memory: all those of hundreds of small packs.
	maxIndexMemory = 8 << 20
	// maxSmallIndex is the size in bytes of the largest pack index that is kept in memory.
	maxSmallIndex = 64 << 10
)

// Close closes the files of all packs.
func (s *store) Close() { s.files.close() }

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

// read returns the content of an object, wherever it is.
func (s *store) read(id object.ID, limit int64) (content []byte, err error) {
	err = s.find(id, func(at packPlace) (err error) {
		content, err = s.unpack(at, limit)
		return err
	}, func() (err error) {
		_, content, err = s.loose(id, limit)
		return err
	})
	return content, err
}

// kind returns the type of an object, wherever it is.
func (s *store) kind(id object.ID) (kind object.Kind, err error) {
	err = s.find(id, func(at packPlace) (err error) {
		kind, err = s.packedKind(at)
		return err
	}, func() (err error) {
		if kind, _, err = s.loose(id, 0); errors.Is(err, fault.ErrTooLarge) {
			return nil
		}
		return err
	})
	return kind, err
}

// find searches the packs for an object, then the loose objects, and then new packs: another process may have packed
// the object meanwhile, and removed its file. It calls packed for an object in a pack and loose for one outside. It
// returns fault.ErrAbsent if the object is nowhere; if something was passed over, it returns the reason for that.
func (s *store) find(id object.ID, packed func(packPlace) error, loose func() error) error {
	if err := s.inPacks(id, packed); !errors.Is(err, fault.ErrAbsent) {
		return err
	}
	if err := loose(); !errors.Is(err, fault.ErrAbsent) {
		return err
	}
	if err := s.scan(); err != nil {
		return err
	}
	err := s.inPacks(id, packed)
	if errors.Is(err, fault.ErrAbsent) && s.skipped != nil {
		return s.skipped
	}
	return err
}

// inPacks calls use for an object in a pack, and again for the same object in other packs while it is damaged, or its
// pack has been removed.
func (s *store) inPacks(id object.ID, use func(packPlace) error) error {
	for {
		at, err := s.locate(id)
		if err != nil {
			return err
		}
		err = use(at)
		var damaged *fault.ProtocolError
		switch {
		case errors.As(err, &damaged):
			s.skip(err)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		s.unusable[at] = struct{}{}
	}
}

// skip notes why something in a pack is passed over.
func (s *store) skip(err error) {
	if s.skipped == nil {
		s.skipped = err
	}
}

// packedKind returns the type of an object in a pack. A delta has the type of its base.
func (s *store) packedKind(at packPlace) (object.Kind, error) {
	for range pack.MaxChain {
		e, err := s.entry(at)
		if err != nil || !e.isDelta() {
			return e.kind, err
		}
		at = e.base
	}
	return 0, errDamagedPack()
}

// locate returns the place of an object in a pack. It ignores a pack that has been removed, because another pack has
// its objects, and passes over one that cannot be read.
func (s *store) locate(id object.ID) (packPlace, error) {
	if s.found == nil {
		s.found = map[string]struct{}{}
		if err := s.scan(); err != nil {
			return packPlace{}, err
		}
	}
	for i, pack := range s.packs {
		offset, found, err := pack.index.find(id)
		if err == nil && found {
			err = pack.open()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.skip(err)
		}
		if _, damaged := s.unusable[packPlace{pack, offset}]; err != nil || !found || damaged {
			continue
		}
		// The next object is mostly in the same pack, so that is the first to be searched.
		s.packs[0], s.packs[i] = s.packs[i], s.packs[0]
		return packPlace{pack, offset}, nil
	}
	return packPlace{}, fault.ErrAbsent
}

// scan opens the indexes of packs that were not found before. Other systems leave files beside them whose names begin
// with a dot, and a power cut leaves empty ones; git passes over them too.
func (s *store) scan() error {
	for _, dir := range s.dirs {
		entries, err := s.files.readDir(filepath.Join(dir, "pack"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, "pack", entry.Name())
			isIndex := filepath.Ext(path) == ".idx" && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".")
			if _, again := s.found[path]; again || !isIndex {
				continue
			}
			inMemory := min(s.indexMemory, maxSmallIndex)
			pack, err := openPackFile(path, &s.files, s.format, inMemory)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				s.skip(err)
				continue
			}
			if pack.index.size <= inMemory {
				s.indexMemory -= pack.index.size
			}
			s.found[path] = struct{}{}
			s.packs = append(s.packs, pack)
		}
	}
	return nil
}
