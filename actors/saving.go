package actors

import "time"

// writeAgain is the pause before the actor tries again to write a file that it could not write.
const writeAgain = 10 * time.Second

// saving is what the actor knows about the snapshot file: which version of the snapshot it holds, and whether a write
// runs. The loop alone owns it, as a part of the state.
type saving struct {
	on      bool      // there is a file
	saved   uint64    // version that the file holds
	writing uint64    // version that a running write writes; 0 while none runs, because version 0 is never written
	again   time.Time // when a failed write is tried again; zero when none is planned
}

// holds tells whether nothing of the snapshot would be lost if the process ended now.
func (f saving) holds(snapshot Snapshot) bool { return !f.on || f.saved == snapshot.Version }

// beginWrite notes that a write begins, and returns true, if the file does not hold the newest snapshot and no write
// runs. The caller must then start the write. One write takes all that has happened before it begins, so reports that
// arrive together share it.
func (s *state) beginWrite() bool {
	if s.file.holds(s.snapshot) || s.file.writing != 0 {
		return false
	}
	s.file.writing, s.file.again = s.snapshot.Version, time.Time{}
	return true
}

// written takes the end of a write. If the snapshot has changed meanwhile, the next write begins at once. A write that
// failed is tried again later.
func (s *state) written(version uint64, err error, now time.Time) effects {
	s.file.writing = 0
	if err == nil {
		s.file.saved = version
	}
	if err != nil && version == s.snapshot.Version {
		s.file.again = now.Add(writeAgain)
		return effects{}
	}
	return effects{save: s.beginWrite()}
}
