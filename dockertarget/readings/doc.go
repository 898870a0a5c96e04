// Package readings remembers what stacks are made of. A stack is read again only if one of the files that it was read
// from has changed, or if a file is there now that was looked for and was not. So a commit that touches one stack among
// very many parses one.
package readings
