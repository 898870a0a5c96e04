package local

import (
	"errors"
	"os"
	"slices"
	"syscall"
)

// maxOpenFiles is how many files of packs are open at the same time. A repository that is never packed anew has
// hundreds of packs, and the whole process often may have no more than some hundred files open.
const maxOpenFiles = 32

// openFiles are the files of packs that are open, the last used at the end. They belong to one store.
type openFiles struct {
	limit int
	files []*packedFile
}

// packedFile is a file of a pack: it is opened when it is read, and closed when others are read.
type packedFile struct {
	path string
	all  *openFiles
	// file is nil while the file is closed.
	file *os.File
}

// open opens the file, if it is closed, and makes it the last one to be closed.
func (p *packedFile) open() error {
	all := p.all
	if p.file != nil {
		if last := len(all.files) - 1; all.files[last] != p {
			at := slices.Index(all.files, p)
			copy(all.files[at:], all.files[at+1:])
			all.files[last] = p
		}
		return nil
	}
	for len(all.files) >= all.limit {
		all.closeFirst()
	}
	file, err := all.openFile(p.path)
	if err != nil {
		return err
	}
	p.file, all.files = file, append(all.files, p)
	return nil
}

// ReadAt implements io.ReaderAt.
func (p *packedFile) ReadAt(buffer []byte, offset int64) (int, error) {
	if err := p.open(); err != nil {
		return 0, err
	}
	return p.file.ReadAt(buffer, offset)
}

// size returns the size of the file in bytes.
func (p *packedFile) size() (int64, error) {
	if err := p.open(); err != nil {
		return 0, err
	}
	info, err := p.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openFile opens any file. If the process has too many open files, it closes files of packs first.
func (o *openFiles) openFile(path string) (*os.File, error) {
	for {
		file, err := os.Open(path)
		if err == nil || !isTooManyFiles(err) || len(o.files) == 0 {
			return file, err
		}
		o.closeFirst()
	}
}

// readDir returns the entries of a directory.
func (o *openFiles) readDir(path string) ([]os.DirEntry, error) {
	dir, err := o.openFile(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.ReadDir(-1)
}

func isTooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// closeFirst closes the file that was not used for the longest time.
func (o *openFiles) closeFirst() {
	first := o.files[0]
	first.file.Close()
	first.file = nil
	o.files = slices.Delete(o.files, 0, 1)
}

// close closes all files.
func (o *openFiles) close() {
	for len(o.files) > 0 {
		o.closeFirst()
	}
}
