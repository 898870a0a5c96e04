package inflate

import "math/bits"

const (
	// maxLiterals and maxDistances are how many symbols a dynamic code may give lengths to (RFC 1951, 3.2.7).
	maxLiterals  = 286
	maxDistances = 30
	// maxCodeLength is the length of the longest code word.
	maxCodeLength = 15
	// endOfBlock is the literal that ends a block; those above it are sizes of repetitions.
	endOfBlock = 256
	// literalBits, distanceBits and orderBits are the numbers of bits for the first look at a table. Each block has a
	// table of its own, and most blocks are small, so the tables are smaller than is best for large data.
	literalBits  = 9
	distanceBits = 7
	orderBits    = 7
)

// symbol is an entry of a table: the meaning of a code word and its length.
type symbol uint32

// Kinds of symbols.
const (
	// symbolNone is an entry without a code word, or a code word without a meaning.
	symbolNone = iota
	symbolLiteral
	symbolEnd
	// symbolBase is a range: the value is its least number, and the extra bits that follow are added to it.
	symbolBase
	// symbolLonger is the beginning of a code word that is longer than the first look: the value is the start of a
	// second table, and extra is the number of bits for the look at that.
	symbolLonger
)

func newSymbol(kind, value int, extra uint) symbol { return symbol(value<<16 | int(extra)<<4 | kind) }

func (s symbol) ofLength(length uint) symbol { return s | symbol(length)<<8 }

func (s symbol) kind() int { return int(s & 0xf) }

func (s symbol) extra() uint { return uint(s >> 4 & 0xf) }

func (s symbol) extraMask() uint64 { return 1<<s.extra() - 1 }

func (s symbol) length() uint { return uint(s >> 8 & 0xf) }

func (s symbol) value() int { return int(s >> 16) }

// end handles the other symbols: the end of the block, a literal for which there is no room, and damage.
func (s symbol) end() (ended bool, err error) {
	switch s.kind() {
	case symbolEnd:
		return true, nil
	case symbolLiteral:
		return false, ErrWrongSize
	}
	return false, ErrDamaged
}

// look finds the symbol of the next bits.
func look(table []symbol, lookBits uint, next uint64) symbol {
	s := table[next&(1<<lookBits-1)]
	if s.kind() == symbolLonger {
		s = table[s.value()+int(next>>lookBits&s.extraMask())]
	}
	return s
}

// alphabetSet has the meanings of the numbers in the codes, and the fixed code (RFC 1951, 3.2.5 to 3.2.7).
type alphabetSet struct {
	literals  [288]symbol
	distances [32]symbol
	order     [19]symbol
	fixed     blockCode
}

func newAlphabetSet() *alphabetSet {
	var a alphabetSet
	var lengths [288]uint8
	for number := range a.literals {
		a.literals[number], lengths[number] = literal(number)
	}
	a.fixed.literals.build(lengths[:], literalBits, a.literals[:])
	for number := range a.distances {
		a.distances[number], lengths[number] = distance(number), 5
	}
	a.fixed.distances.build(lengths[:len(a.distances)], distanceBits, a.distances[:])
	for number := range a.order {
		a.order[number] = newSymbol(symbolBase, number, []uint{16: 2, 17: 3, 18: 7}[number])
	}
	return &a
}

// literal returns the meaning of a number in the literal code, and the length of its word in the fixed code.
func literal(number int) (_ symbol, fixedLength uint8) {
	switch n := number - endOfBlock - 1; {
	case number < 144:
		return newSymbol(symbolLiteral, number, 0), 8
	case number < endOfBlock:
		return newSymbol(symbolLiteral, number, 0), 9
	case number == endOfBlock:
		return newSymbol(symbolEnd, 0, 0), 7
	case n < 8:
		return newSymbol(symbolBase, 3+n, 0), 7
	case n < 28:
		extra := uint(n>>2 - 1)
		fixedLength = 7
		if number >= 280 {
			fixedLength = 8
		}
		return newSymbol(symbolBase, 3+(4+n&3)<<extra, extra), fixedLength
	case n == 28:
		return newSymbol(symbolBase, 258, 0), 8
	}
	return symbolNone, 8
}

// distance returns the meaning of a number in the distance code.
func distance(number int) symbol {
	switch {
	case number < 4:
		return newSymbol(symbolBase, 1+number, 0)
	case number >= maxDistances:
		return symbolNone
	}
	extra := uint(number>>1 - 1)
	return newSymbol(symbolBase, 1+(2+number&1)<<extra, extra)
}

// blockCode are the two codes of a block.
type blockCode struct {
	literals, distances prefixCode
}

// prefixCode is a Huffman code (3.2.2), as a table for looking up its words.
type prefixCode struct {
	table []symbol
}

// build makes the table of a code from the lengths of its words (0 for a number without a word) and from their
// meanings. It returns false unless every sequence of bits begins with exactly one word. Two exceptions are allowed: a
// code of a single word of one bit, and a code without words, which must not be used.
func (c *prefixCode) build(lengths []uint8, lookBits uint, meanings []symbol) bool {
	var count, next [maxCodeLength + 1]int
	for _, length := range lengths {
		count[length]++
	}
	words := len(lengths) - count[0]
	count[0] = 0
	longest, left := uint(0), 1
	for length := uint(1); length <= maxCodeLength; length++ {
		next[length] = (next[length-1] + count[length-1]) << 1
		if left = left<<1 - count[length]; left < 0 {
			return false
		}
		if count[length] > 0 {
			longest = length
		}
	}
	if left > 0 && words > 0 && !(words == 1 && longest == 1) {
		return false
	}
	c.table = append(c.table[:0], make([]symbol, 1<<lookBits)...)
	for number, length := range lengths {
		if length == 0 {
			continue
		}
		word := bits.Reverse16(uint16(next[length])) >> (16 - length)
		next[length]++
		c.enter(int(word), uint(length), lookBits, longest, meanings[number].ofLength(uint(length)))
	}
	return true
}

// enter writes a symbol to all places of the table that begin with its word, whatever bits follow.
func (c *prefixCode) enter(word int, length, lookBits, longest uint, s symbol) {
	if length <= lookBits {
		for at := word; at < 1<<lookBits; at += 1 << length {
			c.table[at] = s
		}
		return
	}
	first, further := word&(1<<lookBits-1), longest-lookBits
	if c.table[first] == symbolNone {
		c.table[first] = newSymbol(symbolLonger, len(c.table), further)
		c.table = append(c.table, make([]symbol, 1<<further)...)
	}
	table := c.table[c.table[first].value():]
	for at := word >> lookBits; at < 1<<further; at += 1 << (length - lookBits) {
		table[at] = s
	}
}
