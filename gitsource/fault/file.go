package fault

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Readable opens the file and reads a byte of it. The error does not repeat the name, because an operator may have set
// the variable to the key itself instead of the path of its file.
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

// ReadFile reads a file of at most that many bytes, whole MiB. Like that of Readable, the error does not repeat the
// name.
func ReadFile(name string, largest int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, WithoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largest+1))
	switch {
	case err != nil:
		return nil, WithoutPath(err)
	case int64(len(content)) > largest:
		return nil, fmt.Errorf("it is larger than %d MiB", largest>>20)
	}
	return content, nil
}

// WithoutPath returns the reason inside an *fs.PathError, which names no path. It returns any other error unchanged.
func WithoutPath(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
