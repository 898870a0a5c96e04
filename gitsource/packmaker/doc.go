// Package packmaker makes packs for tests, also such as no git program would write. Only tests import it, and it uses
// no code of package pack, which is under test.
package packmaker
