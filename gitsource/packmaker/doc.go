// Package packmaker makes packs for tests, among them packs that no git program writes. Only tests import it. It uses
// no code of package pack, which is under test.
package packmaker
