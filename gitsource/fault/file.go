package fault

import (
	"errors"
	"io"
	"os"
)

// Readable opens the file and reads a byte of it. The error does not repeat the name: somebody may have put the key
// itself where its file's name belongs.
func Readable(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return WithoutPath(err)
	}
	defer file.Close()
	if _, err := file.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return WithoutPath(err)
	}
	return nil
}

func WithoutPath(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
