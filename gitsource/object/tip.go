package object

// Tip is what a ref leads to.
type Tip struct {
	// Named is the object that the ref names. It is an annotated tag or the commit itself.
	Named ID
	// Commit is the commit that Named leads to.
	Commit ID
}
