package reftable

// find returns what the table says of a ref. ok is false if it says nothing.
func (t *table) find(name string) (found value, ok bool, err error) {
	if !t.hasRefs {
		return value{}, false, nil
	}
	var at record
	if t.refIndex == 0 {
		at, ok, err = t.seekInRow(0, blockRefs, name)
	} else {
		at, ok, err = t.seekByIndex(name)
	}
	if err != nil || !ok || string(at.name) != name {
		return value{}, false, err
	}
	return at.value, true, nil
}

// seekByIndex goes down from the highest level of the index to a block of refs, and returns its first record whose name
// is not less than the wanted one. ok is false if all names of the table are less.
func (t *table) seekByIndex(name string) (found record, ok bool, err error) {
	position := t.refIndex
	found, ok, err = t.seekInRow(position, blockIndex, name)
	for err == nil && ok {
		if found.position >= position { // a block stands before the index that lists it, so this comes to an end
			return record{}, false, errDamaged()
		}
		position = found.position
		b, err := t.block(position)
		if err != nil {
			return record{}, false, err
		}
		if b.kind != blockRefs && b.kind != blockIndex {
			return record{}, false, errDamaged()
		}
		found, ok, err = b.seek(name)
		if err == nil && !ok { // the index tells of a greater name in this block
			err = errDamaged()
		}
		if err != nil || b.kind == blockRefs {
			return found, err == nil, err
		}
	}
	return record{}, false, err
}

// seekInRow returns the first record whose name is not less than the wanted one, in blocks of one type that stand in a
// row. A table without an index has few of them, and the highest level of an index too: git begins another level for
// more than three.
func (t *table) seekInRow(position int64, kind byte, name string) (found record, ok bool, err error) {
	for position < t.end {
		b, err := t.block(position)
		if err != nil || b.kind != kind {
			return record{}, false, endOfRow(b, err)
		}
		found, ok, err = b.seek(name)
		if err != nil || ok {
			return found, ok, err
		}
		position = b.next
	}
	return record{}, false, nil
}

// each calls use for the records of all refs, until that returns false.
func (t *table) each(use func(record) (more bool, err error)) error {
	for position := int64(0); t.hasRefs && position < t.end; {
		b, err := t.block(position)
		if err != nil || b.kind != blockRefs {
			return endOfRow(b, err)
		}
		all := b.from(b.first)
		for {
			ok, err := all.next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if more, err := use(all.current); err != nil || !more {
				return err
			}
		}
		position = b.next
	}
	return nil
}

// endOfRow returns the error of a block that does not continue a row. A block of another type ends the row; if it is of
// no type at all, the row was cut off.
func endOfRow(b block, err error) error {
	switch {
	case err != nil:
		return err
	case b.kind == blockIndex, b.kind == blockObjects, b.kind == blockLogs:
		return nil
	}
	return errDamaged()
}
